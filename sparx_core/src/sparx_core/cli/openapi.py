"""``sparx openapi``: the OpenAPI document, and what has changed in it that breaks clients."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparx_core.cli.output import CommandError, Output, with_output
from sparx_core.cli.session import load_settings

if TYPE_CHECKING:
    from sparx_core.registry import Registry
    from sparx_core.surfaces.openapi.document import Document

FILE = click.Path(dir_okay=False, path_type=Path)
OLD_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--modules", help="Only these and what they require, such as crm,cms.")
@click.option("--output", "file", type=FILE, metavar="FILE", help="Write the document to FILE.")
@click.option(
    "--released",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="With --output: note that clients were given this document on DAY.",
)
@click.option("--against", type=OLD_FILE, metavar="FILE", help="Print what breaks clients of FILE.")
@with_output
def openapi(
    output: Output,
    modules: str | None,
    file: Path | None,
    released: datetime | None,
    against: Path | None,
) -> None:
    """Print the OpenAPI document of the API, without a database.

    With --against nothing is printed but the changes since that document which break clients; exit
    code 1 if there are any. What it marks as deprecated may be gone once its sunset is over.
    """
    load_settings(output)
    document = _document(output, modules)
    breaking = None if against is None else _breaking(document, against)
    if file is not None:
        _write(document, file, released)
    if breaking is not None:
        report_breaking(output, breaking)
    elif file is not None:
        output.result({"output": str(file)}, f"Wrote {file}.")
    else:
        _print(output, document)


def report_breaking(output: Output, breaking: list[str]) -> None:
    """Print what breaks clients; that there is something is an error."""
    output.result({"breaking": breaking}, "\n".join(breaking) or "No breaking changes.")
    if breaking:
        told = f"{len(breaking)} breaking change{'s' * (len(breaking) > 1)}."
        raise CommandError("breaking_changes", told)


def _document(output: Output, modules: str | None) -> Document:
    from sparx_core.surfaces.openapi.document import documents_of

    registry = installed(output)
    return documents_of(registry).of(chosen_modules(registry, modules))


def installed(output: Output) -> Registry:
    """What is installed; a note about each module that is set aside."""
    from sparx_core.registry import Registry

    registry = Registry.discover()
    for one in registry.quarantined:
        output.note(f"Warning: {one.key} ({one.distribution}) is not loaded: {one.reason}")
    return registry


def chosen_modules(registry: Registry, modules: str | None) -> set[str]:
    """The modules of ``--modules``, with what they require; all of them without it."""
    if modules is None:
        return set(registry.modules)
    chosen: set[str] = set()
    for key in (part.strip() for part in modules.split(",")):
        if key not in registry.modules:
            raise CommandError("not_found", f"There is no module called {key!r}.")
        chosen |= {key, *registry.requires(key)}
    return chosen


def _breaking(document: Document, against: Path) -> list[str]:
    from sparx_core.surfaces.openapi.changes import breaking_changes

    old = read_older(against, {"openapi", "paths", "components"}, "sparx openapi")
    return breaking_changes(old, document.content)


def read_older(against: Path, names: set[str], command: str) -> dict[str, Any]:
    """The document of ``--against``: one with these names in it, as the command writes them."""
    try:
        old: Any = json.loads(against.read_text(encoding="utf-8"))
    except ValueError:
        old = None
    if not isinstance(old, dict) or not names <= old.keys():
        raise CommandError("not_comparable", f"{against} is no document of {command}.")
    return old


def _write(document: Document, file: Path, released: datetime | None) -> None:
    from sparx_core.surfaces.openapi.document import pretty, released_on

    if released is not None:
        document = released_on(document, released.date())
    write_file(file, pretty(document))


def write_file(file: Path, text: str) -> None:
    """Write the file of ``--output``."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError("cannot_write", f"{file} cannot be written: {error.strerror}") from None


def _print(output: Output, document: Document) -> None:
    from sparx_core.surfaces.openapi.document import pretty

    text = document.cached.data.decode() if output.as_json else pretty(document).rstrip("\n")
    click.echo(text)

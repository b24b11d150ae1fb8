"""``sparx events``: the catalogue of events, and what has changed in it that breaks receivers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from sparx_core.cli.openapi import (
    FILE,
    OLD_FILE,
    chosen_modules,
    installed,
    read_older,
    report_breaking,
    write_file,
)
from sparx_core.cli.output import Output, with_output
from sparx_core.cli.session import load_settings


@click.command()
@click.option("--modules", help="Only these and what they require, such as crm,cms.")
@click.option("--output", "file", type=FILE, metavar="FILE", help="Write the catalogue to FILE.")
@click.option(
    "--released",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="With --output: note that receivers were given this catalogue on DAY.",
)
@click.option(
    "--against", type=OLD_FILE, metavar="FILE", help="Print what breaks receivers of FILE."
)
@with_output
def events(
    output: Output,
    modules: str | None,
    file: Path | None,
    released: datetime | None,
    against: Path | None,
) -> None:
    """Print the catalogue of events with the schema of each payload, without a database.

    With --against nothing is printed but the changes since that catalogue which break receivers:
    types that are gone, and payloads that changed while their version did not; exit code 1 if there
    are any. What it marks as deprecated may be gone once its sunset is over.
    """
    load_settings(output)
    content = _catalogue(output, modules)
    breaking = None if against is None else _breaking(content, against)
    if file is not None:
        write_file(file, _pretty(content, released))
    if breaking is not None:
        report_breaking(output, breaking)
    elif file is not None:
        output.result({"output": str(file)}, f"Wrote {file}.")
    else:
        _print(output, content)


def _catalogue(output: Output, modules: str | None) -> dict[str, Any]:
    from sparx_core.resources import CORE
    from sparx_core.surfaces.openapi.payloads import catalogue

    registry = installed(output)
    return catalogue(registry, frozenset(chosen_modules(registry, modules)) | {CORE})


def _breaking(content: dict[str, Any], against: Path) -> list[str]:
    from sparx_core.surfaces.openapi.event_changes import breaking_events

    old = read_older(against, {"events", "components"}, "sparx events")
    return breaking_events(old, content)


def _pretty(content: dict[str, Any], released: datetime | None = None) -> str:
    from sparx_core.surfaces.openapi.payloads import pretty_catalogue

    marked = {} if released is None else {"released": str(released.date())}
    return pretty_catalogue({**marked, **content})


def _print(output: Output, content: dict[str, Any]) -> None:
    from sparx_core.json import encode

    text = encode(content).decode() if output.as_json else _pretty(content).rstrip("\n")
    click.echo(text)

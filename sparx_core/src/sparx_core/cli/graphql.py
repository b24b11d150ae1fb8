"""``sparx graphql``: the GraphQL schema, and what has changed in it that breaks clients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparx_core.cli.openapi import (
    FILE,
    OLD_FILE,
    chosen_modules,
    installed,
    report_breaking,
    write_file,
)
from sparx_core.cli.output import CommandError, Output, with_output
from sparx_core.cli.session import load_settings

if TYPE_CHECKING:
    from graphql import GraphQLSchema


@click.command()
@click.option("--modules", help="Only these and what they require, such as crm,cms.")
@click.option("--output", "file", type=FILE, metavar="FILE", help="Write the schema to FILE.")
@click.option("--against", type=OLD_FILE, metavar="FILE", help="Print what breaks clients of FILE.")
@with_output
def graphql(output: Output, modules: str | None, file: Path | None, against: Path | None) -> None:
    """Print the GraphQL schema, without a database, in the schema definition language.

    With --against nothing is printed but the changes since that schema which break clients; exit
    code 1 if there are any. What it marks as deprecated may be gone once its sunset is over.
    """
    from sparx_core.surfaces.graphql.sdl import sdl_of

    load_settings(output)
    schema = _schema(output, modules)
    breaking = None if against is None else _breaking(schema, against)
    if file is not None:
        write_file(file, sdl_of(schema))
    if breaking is not None:
        report_breaking(output, breaking)
    elif file is not None:
        output.result({"output": str(file)}, f"Wrote {file}.")
    else:
        output.result({"schema": sdl_of(schema)}, sdl_of(schema).rstrip("\n"))


def _schema(output: Output, modules: str | None) -> GraphQLSchema:
    from sparx_core.resources import CORE
    from sparx_core.surfaces.graphql.schema import Schemas

    registry = installed(output)
    schemas = Schemas(registry)
    if modules is None:
        return schemas.whole
    return schemas.of(frozenset(chosen_modules(registry, modules)) | {CORE})


def _breaking(schema: GraphQLSchema, against: Path) -> list[str]:
    from graphql import GraphQLError, build_schema

    from sparx_core.surfaces.graphql.changes import breaking_changes

    try:
        old = build_schema(against.read_text(encoding="utf-8"))
    except (GraphQLError, TypeError, UnicodeDecodeError):
        old = None
    if old is None or old.query_type is None:
        raise CommandError("not_comparable", f"{against} is no schema of sparx graphql.")
    return breaking_changes(old, schema)

"""The committed schema is the one that is served, and breaks nobody who had the last one."""

from __future__ import annotations

from pathlib import Path

from graphql import build_schema, validate_schema

from sparx_core.docs import SCHEMA
from sparx_core.registry import Registry
from sparx_core.surfaces.graphql.changes import breaking_changes
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.surfaces.graphql.sdl import sdl_of

DOCS = Path(__file__).parents[3] / "docs"


def test_committed_schema_is_fresh_and_valid() -> None:
    whole = Schemas(Registry.discover()).whole
    committed = (DOCS / SCHEMA).read_text(encoding="utf-8")
    assert committed == sdl_of(whole), "run: python -m sparx_core.docs docs"
    assert validate_schema(build_schema(committed)) == []


def test_nothing_breaks_clients_of_the_released_schema() -> None:
    released = (DOCS / SCHEMA.parent / "released" / SCHEMA.name).read_text(encoding="utf-8")
    assert breaking_changes(build_schema(released), Schemas(Registry.discover()).whole) == []

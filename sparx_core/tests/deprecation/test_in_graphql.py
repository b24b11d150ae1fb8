"""What goes away says so in the schema of GraphQL too, and who uses it there is counted."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
from graphql import GraphQLSchema

from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.testing import Api, DatabaseServer, open_installation

from .fading import declared as fading


@pytest.fixture(scope="module")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, fading.with_all()])) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def schema(installation: Runtime) -> GraphQLSchema:
    return Schemas(installation.registry).whole


def fields(schema: GraphQLSchema, name: str) -> Any:
    found: Any = schema.type_map[name]
    return found.fields


def test_parts_that_go_away_say_so_in_the_schema(schema: GraphQLSchema) -> None:
    thing = fields(schema, "FadingThing")
    assert thing["nickname"].deprecation_reason == fading.FIELD.told()
    assert thing["twinId"].deprecation_reason == fading.TWIN.told()
    assert thing["twin"].deprecation_reason == fading.TWIN.told()
    assert thing["name"].deprecation_reason is None
    assert fields(schema, "FadingPart")["tag"].deprecation_reason == fading.TAG.told()
    assert fields(schema, "Mutation")["fadingThingsShrink"].deprecation_reason
    assert fields(schema, "Query")["fadingSizes"].deprecation_reason == fading.OPERATION.told()
    assert fields(schema, "FadingThingSizeFilter")["gte"].deprecation_reason
    assert fields(schema, "FadingThingSizeFilter")["eq"].deprecation_reason is None
    assert fields(schema, "FadingThingWhere")["nickname"].deprecation_reason
    assert fields(schema, "FadingThingShrink")["reason"].deprecation_reason


def test_who_uses_them_is_counted(api: Api, installation: Runtime) -> None:
    document = """mutation {
      fadingThingsCreate(input: {name: "x", size: 3, nickname: "n", parts: []}) { id }
    }"""
    made = api.post("/graphql", {"query": document}).json["data"]["fadingThingsCreate"]["id"]
    api.post("/graphql", {"query": "{ fadingThings(where: {size: {eq: 3}}) { items { name } } }"})
    query = """query ($id: ID!) {
      fadingSizes
      fadingThing(id: $id) { other: nickname twin { name } parts { tag } }
      fadingThings(where: {size: {gte: 1}}) { total }
    }"""
    answer = api.post("/graphql", {"query": query, "variables": {"id": made}})
    assert answer.json["data"]["fadingThing"]["other"] == "n"

    installation.deprecated_calls.flush()
    calls = {
        (one["name"], caller["operation"])
        for one in api.get("/v1/deprecations").data
        for caller in one["callers"]
    }

    assert calls == {
        ("fading.things.nickname", "fading.things.create"),
        ("fading.things.nickname", "fading.things.get"),
        ("fading.things.twin", "fading.things.get"),
        ("fading.things.parts.tag", "fading.things.get"),
        ("fading.things.size[gte]", "fading.things.list"),
        ("fading.sizes", "fading.sizes"),
    }

"""Names: what GraphQL cannot call is left to REST, and no two things have one name."""

from __future__ import annotations

import types
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest
from graphql import GraphQLObjectType, validate_schema
from peewee import TextField

from sparx_core import (
    Choice,
    Context,
    Module,
    ObjectSchema,
    Resource,
    ResourceSchema,
    TenantModel,
    Text,
    hookimpl,
    operation,
)
from sparx_core.modules import Installed, NameTaken, RegistryError
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.surfaces.graphql.schema import Schemas

CORE = Installed(core_module, "sparx-core", version("sparx-core"))


class Sheep(TenantModel):
    """Its plural is its singular."""

    name = TextField()
    kind = TextField()
    tag = TextField()

    class Meta:
        schema = "farm"
        table_name = "sheep"


class SheepSchema(ResourceSchema):
    """A sheep."""

    name = Text(data_key="first name")
    kind = Choice("ewe", "ram", "not-said")
    tag = Choice("true", "x")


def schemas_of(*nouns_and_verbs: Any) -> Schemas:
    hooks: dict[str, Callable[..., Any]] = {
        "sparx_models": lambda: [Sheep],
        "sparx_resources": lambda: list(nouns_and_verbs),
    }
    plugin = types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})
    farm = Module(key="farm", title="Farm", package="farm", plugin=plugin)
    return Schemas(Registry([CORE, Installed(farm, "sparx-farm", "1.0.0")]))


def test_what_graphql_cannot_call_is_left_to_rest() -> None:
    whole = schemas_of(Resource("sheep", Sheep, SheepSchema, filters=("first name", "kind"))).whole

    assert validate_schema(whole) == []
    sheep: Any = whole.type_map["FarmSheep"]
    assert isinstance(sheep, GraphQLObjectType)
    assert {name: str(one.type) for name, one in sheep.fields.items()} == {
        "id": "ID!", "version": "Int!", "kind": "String!", "tag": "String!"
    }  # fmt: skip
    where: Any = whole.type_map["FarmSheepWhere"]
    assert list(where.fields) == ["kind"]
    assert whole.query_type is not None
    assert {"farmSheep", "farmSheepById"} <= set(whole.query_type.fields)


def test_two_operations_of_one_name_are_refused_at_start() -> None:
    @operation("POST", "/sheep_shear", name="sheep_shear", module="farm", scope="write:farm")
    def one(ctx: Context) -> Any:
        """Shear them."""

    @operation("POST", "/sheep/shear", name="sheep.shear", module="farm", scope="write:farm")
    def other(ctx: Context) -> Any:
        """Shear them, too."""

    with pytest.raises(NameTaken, match="'farmSheepShear' in GraphQL"):
        schemas_of(one, other)


def test_two_types_of_one_name_are_refused() -> None:
    class SheepListSchema(ObjectSchema):
        """Would be called as the page of sheep is."""

        name = Text(required=True)

    @operation("GET", "/flock", name="flock", module="farm", answer=SheepListSchema)
    def flock(ctx: Context) -> Any:
        """All of them."""

    schemas = schemas_of(Resource("sheep", Sheep, SheepSchema), flock)

    with pytest.raises(RegistryError, match="'FarmSheepList' in the GraphQL schema"):
        schemas.whole  # noqa: B018

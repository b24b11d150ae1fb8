"""What a resource consists of, where its declaration is out of the ordinary."""

from __future__ import annotations

import types

from peewee import IntegerField, TextField

from sparx_core import (
    Many,
    Module,
    ObjectSchema,
    Reference,
    Resource,
    ResourceSchema,
    TenantModel,
    Text,
    hookimpl,
)
from sparx_core.db.statements import compile_statement
from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.read.compiler import select_one
from sparx_core.registry import Registry
from sparx_core.version import VERSION


class Whole(TenantModel):
    name = TextField()

    class Meta:
        schema = "one"
        table_name = "wholes"


class Part(TenantModel):
    whole = Reference("one.wholes")
    place = IntegerField()
    text = TextField()

    class Meta:
        schema = "one"
        table_name = "parts"


class Note(TenantModel):
    whole = Reference("one.wholes")
    place = IntegerField()
    text = TextField(column_name="words")

    class Meta:
        schema = "one"
        table_name = "notes"


class TextSchema(ObjectSchema):
    text = Text()


class WholeSchema(ResourceSchema):
    name = Text(40)
    parts = Many(TextSchema, Part, by="whole", order_by="place")
    notes = Many(TextSchema, Note, by="whole", order_by="place")


def test_two_lists_of_one_schema_have_the_columns_of_their_models() -> None:
    plugin = types.SimpleNamespace(
        sparx_models=hookimpl(lambda: [Whole, Part, Note]),
        sparx_resources=hookimpl(lambda: [Resource("wholes", Whole, WholeSchema)]),
    )
    module = Module(key="one", title="One", package="one", plugin=plugin)
    core = Installed(core_module, "sparx-core", VERSION)
    registry = Registry([core, Installed(module, "sparx-one", "1.0.0")])
    views = registry.views(frozenset({"core", "one"}))
    wholes = registry.resources["one.wholes"]
    sql = compile_statement(select_one(wholes, views, views.whole("one.wholes"))).sql
    assert sql.count('."words" AS "text"') == 1
    assert sql.count('."text" AS "text"') == 1

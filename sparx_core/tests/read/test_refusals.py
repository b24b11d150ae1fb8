"""What no index could serve, or what leads nowhere, is refused at start by name."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import fields
from peewee import BooleanField, CharField, DecimalField, DoubleField, IntegerField, TextField

from sparx_core import (
    Choice,
    Computed,
    DecimalNumber,
    Document,
    Embedded,
    Extension,
    Flag,
    JsonField,
    ListOf,
    LocalizedText,
    Many,
    Module,
    ObjectSchema,
    Reference,
    Related,
    RelatedList,
    Resource,
    ResourceSchema,
    TenantModel,
    Text,
    TextArrayField,
    WholeNumber,
    hookimpl,
)
from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry, RegistryError
from sparx_core.version import VERSION

CORE = Installed(core_module, "sparx-core", VERSION)


class Part(TenantModel):
    whole = Reference("one.things")
    place = IntegerField()
    text = TextField()

    class Meta:
        schema = "one"
        table_name = "parts"


class Thing(TenantModel):
    name = TextField()
    long_name = TextField()
    weight = DecimalField(null=True)
    ratio = DoubleField()
    short = CharField()
    flag = BooleanField(null=True)
    content = JsonField()
    label = JsonField()
    entries = JsonField()
    tags = TextArrayField()
    words = TextArrayField()
    number = IntegerField()
    parent = Reference("one.things", null=True)

    class Meta:
        schema = "one"
        table_name = "things"


class PartSchema(ObjectSchema):
    text = Text()


class ThingSchema(ResourceSchema):
    name = Text(40)
    long_name = Text(5000)
    weight = DecimalNumber()
    ratio = fields.Float()
    short = Text(40)
    flag = Flag(allow_none=True)
    content = Document()
    label = LocalizedText()
    entries = Embedded(PartSchema)
    tags = ListOf(Text(40))
    words = ListOf(Text(5000))
    number = WholeNumber()
    parent = Related("one.things")
    parts = Many(PartSchema, Part, by="whole", order_by="place")
    computed = Computed(WholeNumber(), lambda thing: thing.column("number"))
    children = RelatedList("one.things", by="parent")


def things(**lists: Any) -> Resource:
    return Resource("things", Thing, ThingSchema, **lists)


# -- lists -----------------------------------------------------------------------------------------


def test_what_is_accepted() -> None:
    """Otherwise the refusals below would prove nothing."""
    listing = things(
        filters=("name", "number", "parentId", "tags", "flag"),
        sorts=("name", "number", "parentId"),
        search=("name", "tags", "number"),
    ).listing
    assert set(listing.filters) == {"name", "number", "parentId", "tags", "flag"}
    assert set(listing.sorts) == {"name", "number", "parentId"}


@pytest.mark.parametrize(
    "name",
    [
        *("weight", "ratio", "short", "content", "label", "entries", "words", "longName"),
        *("parts", "computed", "children", "parent", "nobody", "long_name", "tenant_id"),
    ],
)
@pytest.mark.parametrize("what", ["filters", "sorts"])
def test_field_that_cannot_be_filtered_or_sorted(what: str, name: str) -> None:
    with pytest.raises(ValueError, match=rf"one\.things.*{name}"):
        things(**{what: (name,)})


@pytest.mark.parametrize("name", ["tags", "flag"])
def test_field_that_can_be_filtered_but_not_sorted(name: str) -> None:
    """A list has no order; null and false would be one."""
    things(filters=(name,), search=("name", "tags"))
    with pytest.raises(ValueError, match=rf"one\.things.*{name}"):
        things(sorts=(name,))


def test_list_that_is_filtered_but_not_searched() -> None:
    with pytest.raises(ValueError, match=r"one\.things.*tags"):
        things(filters=("tags",))


@pytest.mark.parametrize(
    "name", ["weight", "ratio", "flag", "content", "label", "entries", "words"]
)
def test_field_that_cannot_be_searched(name: str) -> None:
    with pytest.raises(ValueError, match=r"one\.things"):
        things(search=("name", name))


@pytest.mark.parametrize("name", ["parts", "computed", "children", "nobody"])
def test_search_of_something_that_is_not_stored(name: str) -> None:
    with pytest.raises(ValueError, match=rf"one\.things.*{name}"):
        things(search=("name", name))


def test_too_many_combinations_of_counted_values() -> None:
    words = tuple(f"w{number}" for number in range(30))
    columns = {f"c{number}": TextField() for number in range(2)}
    model = type("Wide", (TenantModel,), {**columns, "Meta": meta("one", "wides")})
    schema = type("WideSchema", (ResourceSchema,), {name: Choice(*words) for name in columns})
    Resource("wides", model, schema, filters=("c0",))
    with pytest.raises(ValueError, match=r"one\.wides"):
        Resource("wides", model, schema, filters=tuple(columns))


@pytest.mark.parametrize("limit", [0, -1, 101, 10_000])
def test_limit_of_a_list_of_related_rows(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        RelatedList("one.things", by="parent", limit=limit)


# -- relations and extensions ----------------------------------------------------------------------


def meta(schema: str, table: str) -> type:
    return type("Meta", (), {"schema": schema, "table_name": table})


def schema_with(base: Any = ResourceSchema, /, **members: Any) -> Any:
    return type("OtherSchema", (base,), members)


def installed(
    key: str, *, requires: tuple[str, ...] = (), **hooks: Callable[..., Any]
) -> Installed:
    plugin = types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})
    module = Module(key=key, title=key, package=key, plugin=plugin, requires=requires)
    return Installed(module, f"sparx-{key}", "1.2.3")


def one(schema: Any = ThingSchema, **lists: Any) -> Installed:
    """The module with things."""
    return installed(
        "one",
        sparx_models=lambda: [Thing, Part],
        sparx_resources=lambda: [Resource("things", Thing, schema, **lists)],
    )


def other(
    key: str,
    schema: Any,
    *,
    requires: tuple[str, ...] = (),
    search: tuple[str, ...] = (),
    **hooks: Any,
) -> Installed:
    """A module with a resource of its own."""
    columns: Any = {"thing": Reference("one.things"), "name": TextField()}
    if "one" not in requires:
        columns.pop("thing")
    model = type("Other", (TenantModel,), {**columns, "Meta": meta(key, "others")})
    return installed(
        key,
        requires=requires,
        sparx_models=lambda: [model],
        sparx_resources=lambda: [Resource("others", model, schema, search=search)],
        **hooks,
    )


def refuse(*modules: Installed) -> str:
    with pytest.raises(RegistryError) as raised:
        Registry([CORE, *modules])
    return str(raised.value)


def test_modules_that_are_accepted() -> None:
    extension = Extension(
        "one.things",
        schema_with(
            ObjectSchema,
            others=RelatedList("two.others", by="thing"),
            twice=Computed(WholeNumber(), lambda thing: thing.column("number") * 2),
        ),
    )
    two = other(
        "two",
        schema_with(thing=Related("one.things"), name=Text()),
        requires=("one",),
        sparx_extend_resource=lambda: [extension],
    )
    registry = Registry([CORE, one(), two])
    assert (
        "others" in registry.views(frozenset({"core", "one", "two"})).resource("one.things").names
    )
    assert "others" not in registry.views(frozenset({"core", "one"})).resource("one.things").names


@pytest.mark.parametrize(
    ("by", "sort"),
    [
        *((by, None) for by in ("nobody", "name", "number", "parts")),
        *(("parent", sort) for sort in ("nobody", "content", "--name")),
    ],
)
def test_related_list_that_leads_nowhere(by: str, sort: str | None) -> None:
    schema = schema_with(ThingSchema, children=RelatedList("one.things", by=by, sort=sort))
    told = refuse(one(schema, sorts=("name",)))
    for named in ("children", "one.things", "one (sparx-one 1.2.3)"):
        assert named in told


def test_related_list_by_a_reference_to_something_else() -> None:
    told = refuse(
        one(),
        other(
            "two",
            schema_with(thing=Related("one.things"), wrong=RelatedList("two.others", by="thing")),
            requires=("one",),
        ),
    )
    for named in ("wrong", "two.others", "'thing'", "two (sparx-two 1.2.3)"):
        assert named in told


@pytest.mark.parametrize("target", ["one.nobody", "nowhere.things", "things", ""])
def test_relation_to_an_unknown_resource(target: str) -> None:
    for field in (Related(target), RelatedList(target, by="parent")):
        told = refuse(one(schema_with(ThingSchema, parent=Related("one.things"), odd=field)))
        for named in ("odd", "one.things", target, "one (sparx-one 1.2.3)"):
            assert named in told


@pytest.mark.parametrize("target", ["one.nobody", "two.others"])
def test_relation_of_a_part_to_an_unknown_resource(target: str) -> None:
    """In the rows of a Many as well."""
    part = schema_with(ObjectSchema, text=Text(), thing=Related(target))
    schema = schema_with(ThingSchema, parts=Many(part, Part, by="whole", order_by="place"))
    told = refuse(one(schema), other("two", schema_with(name=Text())))
    for named in ("thing", target, "one (sparx-one 1.2.3)"):
        assert named in told


def test_relation_to_a_module_that_is_not_required() -> None:
    told = refuse(one(), other("two", schema_with(name=Text(), thing=Related("one.things"))))
    for named in ("thingId", "one.things", "two (sparx-two 1.2.3)"):
        assert named in told


def test_search_of_a_relation_that_is_not_searched() -> None:
    schema = schema_with(name=Text(), thing=Related("one.things"))
    two = other("two", schema, requires=("one",), search=("name", "thing"))
    Registry([CORE, one(search=("name",)), two])
    told = refuse(one(), two)
    for named in ("two.others", "one.things"):
        assert named in told


COMPUTED = Computed(WholeNumber(), lambda thing: thing.column("number"))


def extending(key: str, resource: str, requires: tuple[str, ...], **members: Any) -> Installed:
    extension = Extension(resource, schema_with(ObjectSchema, **members))
    return installed(key, requires=requires, sparx_extend_resource=lambda: [extension])


@pytest.mark.parametrize("requires", [(), ("three",)])
def test_extension_of_a_module_that_is_not_required(requires: tuple[str, ...]) -> None:
    told = refuse(
        one(), installed("three"), extending("two", "one.things", requires, more=COMPUTED)
    )
    for named in ("two (sparx-two 1.2.3)", "one.things"):
        assert named in told


def test_extension_of_nothing() -> None:
    told = refuse(one(), extending("two", "one.nobody", ("one",), more=COMPUTED))
    for named in ("two (sparx-two 1.2.3)", "one.nobody"):
        assert named in told


def test_two_modules_that_add_the_same_field() -> None:
    told = refuse(
        one(),
        extending("two", "one.things", ("one",), more=COMPUTED),
        extending("three", "one.things", ("one",), more=COMPUTED),
    )
    for named in ("one.things", "'more'", "sparx-two 1.2.3", "sparx-three 1.2.3"):
        assert named in told


@pytest.mark.parametrize("name", ["name", "number", "parent", "parent_id", "children", "id"])
def test_extension_with_a_name_that_is_taken(name: str) -> None:
    """By a field, by a relation or by what leads to it."""
    told = refuse(one(), extending("two", "one.things", ("one",), **{name: COMPUTED}))
    for named in ("one.things", "sparx-one 1.2.3", "sparx-two 1.2.3"):
        assert named in told


STORED = [
    Text(),
    WholeNumber(),
    Flag(),
    Choice("a"),
    Document(),
    ListOf(Text()),
    Related("one.things"),
    Many(PartSchema, Part, by="whole", order_by="place"),
    fields.String(dump_only=True),
]


@pytest.mark.parametrize("field", STORED, ids=lambda field: type(field).__name__)
def test_extension_with_a_field_that_would_be_stored(field: Any) -> None:
    told = refuse(one(), extending("two", "one.things", ("one",), more=field))
    for named in ("more", "one.things", "two (sparx-two 1.2.3)"):
        assert named in told


def test_extension_whose_list_leads_nowhere() -> None:
    told = refuse(
        one(),
        extending("two", "one.things", ("one",), more=RelatedList("one.things", by="nobody")),
    )
    for named in ("more", "one.things", "two (sparx-two 1.2.3)"):
        assert named in told


def test_extension_to_a_module_that_its_own_does_not_require() -> None:
    three = other("three", schema_with(name=Text(), thing=Related("one.things")), requires=("one",))
    told = refuse(
        one(),
        three,
        extending("two", "one.things", ("one",), more=RelatedList("three.others", by="thing")),
    )
    for named in ("more", "three.others", "two (sparx-two 1.2.3)"):
        assert named in told


@pytest.mark.parametrize(
    "path", ["q", "take", "skip", "cursor", "sort", "fields", "include", "locale"]
)
def test_filter_that_is_called_like_a_parameter(path: str) -> None:
    """It could never be asked for."""
    model = type("Odd", (TenantModel,), {path: TextField(), "Meta": meta("one", "odds")})
    schema = schema_with(**{path: Text(40)})
    with pytest.raises(ValueError, match=rf"one\.odds.*{path}"):
        Resource("odds", model, schema, filters=(path,))

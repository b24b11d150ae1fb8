"""The module with all that goes away, and the same without it."""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from peewee import IntegerField, TextField

from sparx_core import (
    Context,
    Deprecated,
    Event,
    Many,
    Module,
    ObjectSchema,
    Reference,
    Related,
    Resource,
    ResourceSchema,
    TenantModel,
    Text,
    Values,
    WholeNumber,
    hookimpl,
    operation,
)
from sparx_core.modules import Installed

#: Each part has dates of its own, so that it can be told which one was meant.
OPERATION = Deprecated(
    since=date(2025, 3, 1), sunset=date(2025, 9, 1), replacement="`GET /v1/fading/things`"
)
ACTION = Deprecated(since=date(2025, 4, 1), sunset=date(2026, 1, 1), link="/notes/shrink")
FIELD = Deprecated(since=date(2026, 1, 1), sunset=date(2099, 1, 1), replacement="`name`")
TAG = Deprecated(since=date(2026, 2, 1), sunset=date(2099, 2, 1))
TWIN = Deprecated(since=date(2026, 3, 1), sunset=date(2099, 3, 1))
INPUT = Deprecated(since=date(2026, 4, 1), sunset=date(2099, 4, 1))
PARAMETER = Deprecated(since=date(2026, 5, 1), sunset=date(2099, 5, 1))
EVENT = Deprecated(since=date(2026, 6, 1), sunset=date(2099, 6, 1), replacement="`thing.changed`")


class Thing(TenantModel):
    """A thing, with parts."""

    name = TextField()
    nickname = TextField(null=True)
    twin = Reference("fading.things", null=True)
    size = IntegerField()

    class Meta:
        schema = "fading"
        table_name = "things"


class Part(TenantModel):
    """A part of a thing."""

    thing = Reference("fading.things", on_delete="CASCADE")
    position = IntegerField()
    label = TextField()
    tag = TextField(null=True)

    class Meta:
        schema = "fading"
        table_name = "parts"
        indexes = ((("thing", "position"), True),)


class PartSchema(ObjectSchema):
    """A part of a thing."""

    label = Text(40, required=True)
    tag = Text(40, allow_none=True, metadata={"deprecated": TAG})


class ThingSchema(ResourceSchema):
    """A thing."""

    name = Text(40, required=True)
    nickname = Text(40, allow_none=True, metadata={"deprecated": FIELD})
    twin = Related("fading.things", allow_none=True, metadata={"deprecated": TWIN})
    size = WholeNumber(maximum=100, required=True)
    parts = Many(PartSchema, Part, by="thing", order_by="position")


class NewThingSchema(ResourceSchema):
    """A thing without what it had."""

    name = Text(40, required=True)
    size = WholeNumber(maximum=100, required=True)


class ShrinkSchema(ObjectSchema):
    """How a thing shrinks."""

    by = WholeNumber(maximum=100, required=True)
    reason = Text(40, metadata={"deprecated": INPUT})


class ThingMade(Event):
    """A thing was made."""

    name, resource = "thing.made", "fading.things"
    deprecated = EVENT


class ThingChanged(Event):
    """A thing was made or changed."""

    name, resource = "thing.changed", "fading.things"


def make_thing(ctx: Context, data: Values) -> Thing:
    """Make a thing."""
    parts = data.pop("parts", [])
    row = ctx.insert(Thing(**data))
    ctx.insert_all([Part(thing=row.id, position=n, **one) for n, one in enumerate(parts)])
    ctx.emit(ThingChanged(row))
    return row


def change_thing(ctx: Context, row: Thing, data: Values) -> Thing:
    """Change a thing, but for its parts."""
    data.pop("parts", None)
    ctx.update(row, **data)
    if ctx.writes:
        ctx.emit(ThingChanged(row))
    return row


def shrink(ctx: Context, row: Thing, data: Values) -> Thing:
    """Make a thing smaller."""
    ctx.update(row, size=max(0, int(row.size) - data["by"]))
    ctx.emit(ThingChanged(row))
    return row


@operation("GET", "/sizes", name="sizes", module="fading", scope="read:fading", raises=())
def sizes(ctx: Context) -> Values:
    """The sizes of all things."""
    return {"sizes": [row.size for row in ctx.all(Thing.select(Thing.size))]}


class FadingModule(Module):
    """Its migrations are beside this file."""

    def migrations(self) -> Any:
        return Path(__file__).parent / "migrations"


def _plugin(**hooks: Callable[..., Any]) -> Any:
    return types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})


def _module(resource: Resource, *more: Any, events: list[type[Event]]) -> Installed:
    plugin = _plugin(
        sparx_models=lambda: [Thing, Part],
        sparx_resources=lambda: [resource, *more],
        sparx_events=lambda: events,
    )
    return Installed(FadingModule("fading", "Fading", "fading", plugin), "sparx-fading", "1.0.0")


def with_all() -> Installed:
    """The module before anything is gone."""
    things = Resource("things", Thing, ThingSchema, filters=("name", "nickname", "size"))
    things.create(emits=[ThingMade, ThingChanged], raises=())(make_thing)
    things.update(emits=[ThingChanged], raises=())(change_thing)
    things.action("shrink", body=ShrinkSchema, emits=[ThingChanged], raises=())(shrink)
    things.deprecate("shrink", ACTION)
    things.deprecate_parameter("size[gte]", PARAMETER)
    return _module(things, sizes.deprecate(OPERATION), events=[ThingMade, ThingChanged])


def without() -> Installed:
    """The module when all of it is gone."""
    things = Resource("things", Thing, NewThingSchema, filters=("name",))
    things.create(emits=[ThingChanged], raises=())(make_thing)
    things.update(emits=[ThingChanged], raises=())(change_thing)
    return _module(things, events=[ThingChanged])

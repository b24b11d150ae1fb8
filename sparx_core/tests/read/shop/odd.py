"""``odd``: columns at the edges of their types; ``odder`` computes from them with constants."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields
from peewee import (
    BigIntegerField,
    Case,
    DateField,
    Function,
    IntegerField,
    SmallIntegerField,
    TextField,
    Value,
)

from sparx_core import (
    Computed,
    DecimalNumber,
    Document,
    Event,
    Extension,
    Flag,
    ListOf,
    ObjectSchema,
    Resource,
    ResourceSchema,
    Scope,
    TenantModel,
    Text,
    TextArrayField,
    WholeNumber,
    default,
)


class Thing(TenantModel):
    """A row whose columns take every value of their types."""

    name = TextField()
    note = TextField(null=True)
    small = SmallIntegerField(null=True)
    middle = IntegerField(null=True)
    large = BigIntegerField(null=True)
    day = DateField(null=True)
    pair = TextArrayField(constraints=[default("'{}'")])

    class Meta:
        schema = "odd"
        table_name = "things"


class ThingSchema(ResourceSchema):
    """A thing; ``note`` may be empty, and pairs are of two."""

    name = Text(200, required=True)
    note = fields.String(allow_none=True)
    small = fields.Integer(allow_none=True)
    middle = fields.Integer(allow_none=True)
    large = fields.Integer(allow_none=True)
    day = fields.Date(allow_none=True)
    pair = ListOf(Text(60), minimum=2, maximum=2)


class ThingCreated(Event):
    """A thing was created."""

    name, resource = "thing.created", "odd.things"


ENDLESS = ("note", "small", "middle", "large", "day")
things = Resource(
    "things",
    Thing,
    ThingSchema,
    search=("name", "pair"),
    filters=(*ENDLESS, "pair"),
    sorts=ENDLESS,
)
things.derive(created=ThingCreated)


def _others(thing: Scope) -> Any:
    """How many things have a smaller number, by a sub-select of the same table."""
    other: Any = Thing.alias("t")
    return other.select(Function("count", (other.id,))).where(other.middle < thing.column("middle"))


#: What each computed field of a thing is whose ``middle`` is 3 and whose name is "100 %".
COMPUTED = {
    "taxed": 4.5,
    "half": 1.5,
    "five": 5,
    "label": "no. 3",
    "percent": True,
    "size": "many",
    "built": {"a": 3, "b": 1.5},
    "none": None,
}


class ThingExtras(ObjectSchema):
    """Constants of every kind."""

    taxed = Computed(DecimalNumber(), lambda thing: thing.column("middle") * Decimal("1.5"))
    half = Computed(DecimalNumber(), lambda thing: thing.column("middle") / 2.0)
    five = Computed(WholeNumber(), lambda thing: Value(5))
    label = Computed(Text(), lambda thing: Function("concat", ("no. ", thing.column("middle"))))
    percent = Computed(Flag(), lambda thing: thing.column("name") % "%\\%%")
    size = Computed(Text(), lambda thing: Case(None, [(thing.column("middle") > 1, "many")], "few"))
    built = Computed(
        Document(),
        lambda thing: Function("jsonb_build_object", ("a", thing.column("middle"), "b", 1.5)),
    )
    none = Computed(Text(), lambda thing: Value(None))
    others = Computed(WholeNumber(), _others, reads=[Thing])


HOOKS = {
    "odd": {
        "sparx_models": lambda: [Thing],
        "sparx_resources": lambda: [things],
        "sparx_events": lambda: [ThingCreated],
    },
    "odder": {"sparx_extend_resource": lambda: [Extension("odd.things", ThingExtras)]},
}

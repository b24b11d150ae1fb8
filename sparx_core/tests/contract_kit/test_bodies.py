"""Bodies are made from schemas: they load, and each number makes another one."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import fields, validate

from sparx_core import (
    Choice,
    Currency,
    DecimalNumber,
    Document,
    Embedded,
    Flag,
    Id,
    ListOf,
    LocalizedText,
    Many,
    Money,
    ObjectSchema,
    Related,
    Text,
    Timestamp,
    UnitPrice,
    WholeNumber,
)
from sparx_core.json import decode, encode
from sparx_core.schemas import load
from sparx_core.testing.contract.bodies import Underivable, body_of

ROW = "01a2007d-fd87-73b7-b820-b471a0e40afc"


class Line(ObjectSchema):
    text = Text(required=True)
    amount = Money(required=True)


class Shade(fields.String):
    """A field class of a module's own: nobody here knows it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if value not in ("US", "DE"):
            raise self.make_error("invalid")
        return str(value)


class Everything(ObjectSchema):
    text = Text(5, 3, required=True)
    word = fields.String(required=True, validate=validate.Regexp(r"[a-z-]+-\d+\Z"))
    email = fields.Email(required=True)
    phone = fields.String(required=True, validate=validate.Regexp(r"\+\d{11}\Z"))
    shade = Shade(required=True)
    told = Text(required=True, metadata={"example": "INJ-6.7"})
    number = WholeNumber(7, 9, required=True)
    whole = fields.Integer(required=True)
    share = DecimalNumber(0, 1, 2, required=True)
    price = Money(required=True)
    unit_price = UnitPrice(required=True)
    currency = Currency(required=True)
    kind = Choice("one", "two", required=True)
    size = fields.String(required=True, validate=validate.OneOf(["S", "M"]))
    flag = Flag(required=True)
    at = Timestamp(required=True)
    title = LocalizedText(required=True)
    metadata = Document(required=True)
    tags = ListOf(fields.String(), minimum=2, required=True)
    lines = Many(Line, None, by="parent", order_by="position", minimum=2, required=True)
    parts = Embedded(Line, required=True)
    owner = Related("crm.customers", required=True)
    url = fields.URL(required=True)
    day = fields.Date(required=True)
    key = fields.UUID(required=True)


def find_row(resource: str) -> str:
    assert resource == "crm.customers"
    return ROW


def test_bodies_load_and_differ() -> None:
    made = [body_of(Everything, number, find_row) for number in range(1, 6)]
    for body in made:
        assert list(body) == [one.data_key for one in Everything().fields.values()]
        load(Everything(), decode(encode(body)))
        assert body["ownerId"] == ROW
        assert len(body["lines"]) == len(body["tags"]) == 2
    for name in ("word", "email", "phone", "told", "at", "title", "key", "url"):
        assert len({str(body[name]) for body in made}) == len(made), name


class Part(ObjectSchema):
    name = Text(required=True)
    note = Text()
    other = Id()
    shade = Shade()


def test_optional_fields_that_are_known() -> None:
    assert body_of(Part, 1, find_row) == {"name": "Name 1"}
    assert body_of(Part, 2, find_row, everything=True) == {
        "name": "Name 2",
        "note": "Note 2",
        "shade": "US",
    }
    assert body_of(Part, 1, find_row, given={"name": "Ann", "x": 1}) == {"name": "Ann", "x": 1}


class Loose(ObjectSchema):
    thing = Id(required=True)


class Odd(ObjectSchema):
    odd = fields.String(required=True, validate=validate.Regexp("never"))


@pytest.mark.parametrize(
    ("schema", "told"), [(Loose, "thing is an id"), (Odd, "no value is known for odd")]
)
def test_what_cannot_be_made_is_named(schema: type[ObjectSchema], told: str) -> None:
    with pytest.raises(Underivable, match=told):
        body_of(schema, 1, find_row)

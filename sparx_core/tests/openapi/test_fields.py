"""The JSON Schema of each field accepts what the field accepts, as far as a schema can say it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from marshmallow import ValidationError, fields, validate

import sparx_core.derived
import sparx_core.fields
from sparx_core import (
    Choice,
    Computed,
    Currency,
    DecimalNumber,
    Document,
    Embedded,
    Flag,
    Id,
    ListOf,
    LocalizedText,
    Money,
    ObjectSchema,
    Related,
    Text,
    Timestamp,
    UnitPrice,
    WholeNumber,
    json_schema,
)
from sparx_core.surfaces.openapi.fields import described
from sparx_core.surfaces.openapi.names import object_schemas

ID = "01a2007d-fd87-73b7-b820-b471a0e40afc"

#: Field, values that it takes, values that it refuses.
CASES: list[tuple[fields.Field[Any], list[Any], list[Any]]] = [
    (Id(), [ID], ["", "x", 1, None, ID[:-1]]),
    (Related("crm.customers"), [ID], ["new", 5]),
    (Text(5, 2), ["ab", "abcde"], ["", " ", "abcdef", 1, None]),
    (Text(), ["a", "b" * 255], ["", "   ", "b" * 256]),
    (Text(minimum=0), ["", "a"], [1]),
    (WholeNumber(1, 9), [1, 9], [0, 10, 1.5, "1", True, None]),
    (Flag(), [True, False], [0, 1, "true", None]),
    (Choice("a", "b"), ["a", "b"], ["c", "", 1, None]),
    (Currency(), ["USD", "JPY"], ["usd", "US", "", 1]),
    (Money(), [0, Decimal("2316.00"), 10**14 - 1], [-1, 10**14, "1", True, None]),
    (UnitPrice(), [Decimal("0.0125"), 10**10 - 1], [10**10, -1, "1"]),
    (DecimalNumber(-5, 5, 2), [-5, Decimal("1.25"), 5], [-6, 6, "1", None]),
    (Timestamp(), ["2026-06-05T17:41:09Z"], ["2026-06-05", "2026-06-05T17:41:09+02:00", 1]),
    (LocalizedText(5, 2), [{}, {"en": "Red", "de-AT": "Rot"}],
     [{"en": ""}, {"EN": "Red"}, {"en": "Reddish"}, {"en": 1}, {"a" + a: "a" for a in "abc"}, []]),
    (Document(), [{}, {"a": [1]}], [[], "a", None]),
    (ListOf(Choice("a"), minimum=1, maximum=2), [["a"], ["a", "a"]], [[], ["b"], ["a"] * 3, "a"]),
    (fields.String(validate=validate.Length(2, 3)), ["ab"], ["a", "abcd"]),
    (fields.String(validate=validate.Length(equal=2)), ["ab"], ["a", "abc"]),
    (fields.String(validate=validate.OneOf(["x", "y"])), ["x"], ["z"]),
    (fields.String(validate=validate.Equal("x")), ["x"], ["y"]),
    (fields.String(validate=validate.Regexp(r"[a-z]+\Z")), ["ab"], ["1ab", "ab1"]),
    (fields.Integer(strict=True, validate=validate.Range(1, 3)), [1, 3], [0, 4]),
    (fields.Integer(strict=True, validate=validate.Range(1, 3, min_inclusive=False)), [2], [1]),
    (fields.List(fields.String(), validate=validate.Length(max=1)), [[], ["a"]], [["a", "b"]]),
    (fields.Dict(values=fields.String()), [{"a": "b"}], [{"a": 1}, []]),
    (fields.Email(), ["ann@example.com"], ["ann", 1]),
    (fields.Date(), ["2026-06-05"], ["5 June", 1]),
    (fields.UUID(), [ID], ["x"]),
]  # fmt: skip

each_case = pytest.mark.parametrize(
    ("field", "taken", "refused"), CASES, ids=[f"{type(one[0]).__name__}" for one in CASES]
)


def accepts(field: fields.Field[Any], value: Any) -> bool:
    try:
        field.deserialize(value)
    except ValidationError:
        return False
    return True


@each_case
def test_schema_agrees_with_the_field(
    field: fields.Field[Any], taken: list[Any], refused: list[Any]
) -> None:
    checker = Draft202012Validator(described(field), format_checker=FormatChecker())
    Draft202012Validator.check_schema(described(field))
    for value in taken:
        assert accepts(field, value), value
        assert checker.is_valid(value), value
    for value in refused:
        assert not accepts(field, value), value
        assert not checker.is_valid(value), value


def test_whole_number_may_have_a_point() -> None:
    """JSON Schema takes 8.0 for an integer. A number of three hundred digits is none, cheaply."""
    found = WholeNumber(1, 9).deserialize(Decimal("8.00"))
    assert (found, type(found)) == (8, int)
    for refused in ("8.01", "1e300", "1e-300"):
        with pytest.raises(ValidationError):
            WholeNumber(1, 9).deserialize(Decimal(refused))


def test_every_class_of_fields_has_a_schema() -> None:
    classes = [
        one
        for module in (sparx_core.fields, sparx_core.derived)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, fields.Field)
        if one.__module__ == module.__name__
    ]
    assert len(classes) >= 19
    generic = json_schema.dispatch(fields.Field)
    for one in classes:
        assert json_schema.dispatch(one) is not generic, one
        inherited = [base for base in one.__mro__[1:] if base.__module__ == one.__module__]
        for base in inherited:
            assert json_schema.dispatch(one) is not json_schema.dispatch(base), one


class Colour(fields.String):
    """A colour in hexadecimal. Only opaque ones."""


class Shade(Colour):
    """A colour that has a schema of its own."""


@json_schema.register
def _(field: Shade) -> dict[str, Any]:
    return {"type": "string", "pattern": "^#[0-9a-f]{6}$", "examples": ["#1a2b3c"]}


def test_class_of_a_module() -> None:
    assert described(Colour()) == {"type": "string", "description": "A colour in hexadecimal."}
    told = "A colour that has a schema of its own."
    assert described(Shade()) == {
        "type": "string",
        "pattern": "^#[0-9a-f]{6}$",
        "examples": ["#1a2b3c"],
        "description": told,
    }
    field = Shade(metadata={"example": "#ffffff", "description": "The wall."})
    assert described(field)["examples"] == ["#ffffff"]
    assert described(field)["description"] == "The wall."
    assert described(Computed(Shade(), lambda row: row))["pattern"] == "^#[0-9a-f]{6}$"
    assert described(ListOf(Shade()))["items"]["pattern"] == "^#[0-9a-f]{6}$"


@pytest.mark.parametrize(
    "pattern",
    [re.compile("a", re.IGNORECASE), r"(?P<name>a)", r"\Aa", r"(?<!b)a", r"(?i:a)"],
)
def test_pattern_that_json_schema_cannot_say_is_left_out(pattern: Any) -> None:
    found = described(fields.String(validate=validate.Regexp(pattern)))
    assert found == {"type": "string"}


class PointSchema(ObjectSchema):
    """A point."""

    x = WholeNumber(required=True)


@pytest.mark.parametrize(
    "field",
    [
        Embedded(PointSchema),
        fields.Nested(PointSchema),
        fields.Nested(PointSchema, many=True),
        fields.List(fields.Nested(PointSchema)),
        fields.Dict(values=fields.Nested(PointSchema)),
    ],
    ids=["Embedded", "Nested", "many", "List", "Dict"],
)
def test_objects_inside_are_found(field: fields.Field[Any]) -> None:
    assert list(object_schemas(described(field))) == [PointSchema]

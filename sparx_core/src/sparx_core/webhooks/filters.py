"""Filters of subscriptions: which events of the wanted types are sent, by what is in them.

``{"status": "paid", "total": {"gte": 100}}``: all fields have to be so. PostgreSQL evaluates them
when an event is stored (``core.passes_filter``), so that what is not wanted is never queued.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from sparx_core.json import is_double
from sparx_core.surfaces.openapi.dispatch import JsonSchema, json_schema
from sparx_core.surfaces.openapi.examples import resolved

#: Fields of one filter, values of one ``in``, characters of a text.
MAX_FIELDS, MAX_VALUES, MAX_TEXT = 10, 100, 255
EQUAL = "eq", "ne", "in", "nin"
ORDERED = "gt", "gte", "lt", "lte"
OPERATORS = EQUAL + ORDERED

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
#: What JSON Schema calls the types that can be compared.
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": (int, Decimal),
    "number": (int, Decimal),
}


class EventFilter(fields.Dict):
    """What has to be so in an event's `data`, by field: a value, or an object of conditions with
    `eq`, `ne`, `in`, `nin`, and `gt`, `gte`, `lt`, `lte` for numbers and times.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValidationError("Must be a JSON object.")
        if not 1 <= len(value) <= MAX_FIELDS:
            raise ValidationError(f"Must have from 1 to {MAX_FIELDS} fields.")
        problems = {name[:64]: [told] for name, one in value.items() if (told := _problem(one))}
        if problems:
            raise ValidationError(problems)
        return dict(value)


def _problem(wanted: Any) -> str | None:
    """What is wrong with the form of a condition."""
    if not isinstance(wanted, Mapping):
        return _problem_of_value(wanted)
    if not wanted or not wanted.keys() <= set(OPERATORS):
        return f"Must be a value, or conditions with {', '.join(OPERATORS)}."
    for operator, value in wanted.items():
        several = operator in ("in", "nin")
        if several and not (isinstance(value, list) and 1 <= len(value) <= MAX_VALUES):
            return f"{operator} takes a list of 1 to {MAX_VALUES} values."
        for one in value if several else [value]:
            told = _problem_of_value(one)
            if told is None and operator in ORDERED and not _has_order(one):
                told = f"{operator} takes a number or a time such as 2026-06-05T17:41:09Z."
            if told:
                return told
    return None


def _problem_of_value(value: Any) -> str | None:
    if isinstance(value, str):
        return f"Longer than {MAX_TEXT} characters." if len(value) > MAX_TEXT else None
    if isinstance(value, int | Decimal):  # true and false among them
        return None if is_double(value) else "Beyond the range of a double."
    return None if value is None else "Must be a text, a number, true, false or null."


def _has_order(value: Any) -> bool:
    if isinstance(value, str):
        return _TIME.fullmatch(value) is not None
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def problems_with(
    wanted: Mapping[str, Any],
    payloads: Iterable[tuple[str, JsonSchema]],
    schemas: Mapping[str, JsonSchema],
) -> Iterator[tuple[str, str]]:
    """(field, problem) of a filter that could never be fulfilled by an event.

    ``payloads`` are the types that it is for, each with the JSON Schema of its data: every one has
    to have each field, as something that can be compared with the value.
    """
    for type_, payload in payloads:
        properties = resolved(payload, schemas).get("properties", {})
        for name, condition in wanted.items():
            told = _misfit(properties.get(name), condition, schemas)
            if told:
                yield name, f"{told} in {type_}."


def _misfit(declared: Any, condition: Any, schemas: Mapping[str, Any]) -> str | None:
    if declared is None:
        return "There is no such field"
    known = _types_of(resolved(declared, schemas))
    if not known:
        return "This is a list or an object, and cannot be compared,"
    for operator, value in conditions(condition):
        if value is None and operator in EQUAL:
            continue
        if operator in ORDERED and known == {"boolean"}:
            return f"{operator} does not fit the field"
        if not any(isinstance(value, _TYPES[one]) for one in known) or (
            isinstance(value, bool) and "boolean" not in known
        ):
            return f"The field is {' or '.join(sorted(known))}"
    return None


def conditions(condition: Any) -> Iterator[tuple[str, Any]]:
    """(operator, value) of a field's conditions, one for each value of a list."""
    if not isinstance(condition, Mapping):
        yield "eq", condition
        return
    for operator, value in condition.items():
        values: Sequence[Any] = value if isinstance(value, list) else [value]
        for one in values:
            yield operator, one


def _types_of(schema: Mapping[str, Any]) -> set[str]:
    """The types of values that a field may have, apart from null; none if it has others, too."""
    found = schema.get("type")
    if found is None:
        parts = schema.get("anyOf") or schema.get("oneOf") or ()
        known = {one for part in parts for one in _as_list(part.get("type", "object"))}
    else:
        known = set(_as_list(found))
    known.discard("null")
    return known if known <= _TYPES.keys() else set()


def _as_list(found: Any) -> list[str]:
    return found if isinstance(found, list) else [found]


@json_schema.register
def _(field: EventFilter) -> JsonSchema:
    scalar: JsonSchema = {"type": ["string", "number", "boolean", "null"], "maxLength": MAX_TEXT}
    several: JsonSchema = {"type": "array", "items": scalar, "minItems": 1, "maxItems": MAX_VALUES}
    ordered: JsonSchema = {
        "type": ["string", "number"],
        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
    }
    named: JsonSchema = dict.fromkeys(("eq", "ne"), scalar)
    named |= dict.fromkeys(("in", "nin"), several)
    named |= dict.fromkeys(ORDERED, ordered)
    condition = {
        "type": "object",
        "properties": named,
        "additionalProperties": False,
        "minProperties": 1,
    }
    return {
        "type": "object",
        "additionalProperties": {"anyOf": [scalar, condition]},
        "minProperties": 1,
        "maxProperties": MAX_FIELDS,
        "description": "What has to be so in an event's `data` for it to be sent, by field: a"
        " value, or conditions.",
    }

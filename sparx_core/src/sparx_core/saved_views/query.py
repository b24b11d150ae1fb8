"""The query of a saved view: what is kept of a list, and the parameters that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from sparx_core.fields import Document
from sparx_core.surfaces.openapi.dispatch import json_schema

#: Parts that are lists of names, and those that are a text.
_LISTS, _TEXTS = ("fields", "include"), ("sort", "q")
MAX_BYTES = 16_384


class ViewQuery(Document):
    """The query of a list: its filters by name, ``createdAt[gte]``, and how it is shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(MAX_BYTES, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = super()._deserialize(value, attr, data, **kwargs)
        problems: dict[str, Any] = {}
        for name, part in found.items():
            wrong = _wrong(name, part)
            if wrong:
                problems[name] = wrong
        if problems:
            raise ValidationError(problems)
        return found


def _wrong(name: str, part: Any) -> Any:
    if name in _TEXTS:
        return None if isinstance(part, str) else ["Must be a text."]
    if name in _LISTS:
        return None if _are_texts(part) else ["Must be a list of names."]
    if name != "filters":
        return ["Unknown field."]
    if not isinstance(part, dict):
        return ["Must be an object."]
    wrong = [
        one for one, value in part.items() if not (isinstance(value, str) or _are_texts(value))
    ]
    return {one: ["Must be a text, or a list of texts."] for one in wrong} or None


def _are_texts(part: Any) -> bool:
    return isinstance(part, list) and bool(part) and all(isinstance(one, str) for one in part)


def params_of(query: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a list that a saved query stands for."""
    params: dict[str, Any] = dict(query.get("filters", {}))
    params |= {name: query[name] for name in _TEXTS if name in query}
    params |= {name: ",".join(query[name]) for name in _LISTS if name in query}
    return params


def place_of(parameter: str) -> tuple[str, ...]:
    """Where in a saved query a parameter stands."""
    if parameter in (*_TEXTS, *_LISTS):
        return ("query", parameter)
    return ("query", "filters", parameter)


@json_schema.register
def _(field: ViewQuery) -> dict[str, Any]:
    text = {"type": "string"}
    names = {"type": "array", "items": text, "minItems": 1}
    values = {"anyOf": [text, names]}
    return {
        "type": "object",
        "description": "The parameters of a list: its filters by name, and how it is shown.",
        "properties": {
            "filters": {"type": "object", "additionalProperties": values},
            "sort": text,
            "q": text,
            "fields": names,
            "include": names,
        },
        "additionalProperties": False,
        "examples": [{"filters": {"team": "north"}, "sort": "name"}],
    }

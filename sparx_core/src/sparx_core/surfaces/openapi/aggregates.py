"""Aggregates of a resource in the document: what can be grouped and computed, and the answer."""

from __future__ import annotations

from typing import Any

from sparx_core.read.aggregates import (
    BUCKETS,
    DEFAULT_GROUPS,
    FUNCTIONS,
    MAX_FIELDS,
    MAX_GROUPS,
)
from sparx_core.resources import Resource
from sparx_core.surfaces.openapi.dispatch import JsonSchema
from sparx_core.surfaces.rest.aggregating import GROUP_BY, TAKE, grouped_by, measured

_TOLD = {
    "sum": "Fields to add.",
    "avg": "Fields to average, of the rows that have a value.",
    "min": "Fields to find the least value of.",
    "max": "Fields to find the greatest value of.",
}


def aggregate_parameters(resource: Resource) -> list[JsonSchema]:
    """What is grouped by, and what is computed of each group."""
    times = [name for name, one in grouped_by(resource).items() if one.bucket]
    plain = [name for name, one in grouped_by(resource).items() if not one.bucket]
    names = [*plain, *(f"{name}:{bucket}" for name in times for bucket in BUCKETS)]
    found = [
        _listed(
            GROUP_BY,
            "What the rows of a group have in common; without it all rows are one group. Times are"
            " those of a period, named by the day on which it begins in the tenant's time zone.",
            names,
        )
    ]
    numbers = list(measured(resource))
    if numbers:
        told = " Money is never added over currencies: each currency is a group of its own."
        found += [_listed(one, _TOLD[one] + told, numbers) for one in FUNCTIONS]
    found.append(
        {
            "name": TAKE,
            "in": "query",
            "description": "Groups to show; `meta.truncated` says whether there are more.",
            "schema": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_GROUPS,
                "default": DEFAULT_GROUPS,
            },
        }
    )
    return found


def _listed(name: str, told: str, names: list[str]) -> JsonSchema:
    return {
        "name": name,
        "in": "query",
        "description": told,
        "schema": {
            "type": "array",
            "items": {"type": "string", "enum": names},
            "minItems": 1,
            "maxItems": MAX_FIELDS,
            "uniqueItems": True,
            "examples": [names[:1]],
        },
        "style": "form",
        "explode": False,
    }


def aggregate_answer(resource: Resource) -> tuple[JsonSchema, JsonSchema]:
    """``data`` and ``meta``."""
    group: dict[str, Any] = {
        "group": {
            "type": "object",
            "description": "What the rows have in common.",
            "additionalProperties": True,
            "examples": [{}],
        },
        "count": {"type": "integer", "description": "How many they are.", "examples": [1]},
    }
    for function in FUNCTIONS if measured(resource) else ():
        group[function] = {
            "type": "object",
            "description": "Only if it was asked for.",
            "additionalProperties": {"type": ["number", "null"]},
            "examples": [{}],
        }
    data = {
        "type": "array",
        "items": {"type": "object", "properties": group, "required": ["group", "count"]},
    }
    meta = {
        "type": "object",
        "properties": {
            "truncated": {
                "type": "boolean",
                "description": "Whether there are more groups than are shown.",
                "examples": [False],
            },
            "timezone": {
                "type": "string",
                "description": "In which periods begin and end.",
                "examples": ["UTC"],
            },
        },
        "required": ["truncated", "timezone"],
    }
    return data, meta

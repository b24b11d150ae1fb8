"""The values of the row that stays when several become one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from peewee import BooleanField

from sparx_core import JsonField, TenantModel, TextArrayField

#: What is of the row itself, and never of another.
_OWN = frozenset(
    [
        "tenant_id",
        "id",
        "created_at",
        "updated_at",
        "version",
        "trashed",
        "deleted_at",
        "merged_into",
    ]
)


@dataclass(frozen=True)
class Rules:
    """How the fields of a model are combined, where their types do not tell.

    ``kept``: those of the row that stays. ``weak``: a value that is as good as none. ``ranked``:
    the value that comes last in the order wins. ``together``: fields that are taken from the row
    that gives the first of them.
    """

    kept: frozenset[str] = frozenset()
    weak: Mapping[str, str] = field(default_factory=dict)
    ranked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    together: tuple[str, ...] = ()


def combined(rules: Rules, primary: TenantModel, rows: Sequence[TenantModel]) -> dict[str, Any]:
    """The values of ``primary`` that change; ``rows`` are all of them, the most trusted first."""
    columns: dict[str, Any] = type(primary)._meta.fields
    found = {
        name: _value(rules, name, column, [getattr(row, name) for row in rows])
        for name, column in columns.items()
        if name not in _OWN and name not in rules.kept and name not in rules.together
    }
    if rules.together:
        leading = rules.together[0]
        giver = next((row for row in rows if getattr(row, leading)), primary)
        found |= {name: getattr(giver, name) for name in rules.together}
    return {name: value for name, value in found.items() if getattr(primary, name) != value}


def _value(rules: Rules, name: str, column: Any, values: list[Any]) -> Any:
    if name in rules.ranked:
        order = rules.ranked[name]
        return max(values, key=lambda one: order.index(one) if one in order else -1)
    if isinstance(column, BooleanField):
        return any(values)
    if isinstance(column, TextArrayField):
        return united(values)
    if isinstance(column, JsonField):
        return _documents(values)
    weak = rules.weak.get(name)
    known = [one for one in values if one not in (None, "")]
    strong = [one for one in known if one != weak]
    return next(iter(strong or known), None)


def _documents(values: list[Any]) -> Any:
    """Lists together, and objects together: of two values of one key that of the first."""
    if any(isinstance(one, list) for one in values):
        return united([one for one in values if isinstance(one, list)])
    found: dict[str, Any] = {}
    for one in values:
        if isinstance(one, dict):
            found = {**one, **found}
    return found


def united(lists: Iterable[Sequence[Any]]) -> list[Any]:
    """The entries of all lists in their order, each once."""
    found: list[Any] = []
    for one in lists:
        found += [entry for entry in one or () if entry not in found]
    return found


def plain(value: Any, column: Any) -> Any:
    """A value as it is kept in a log, in JSON."""
    if isinstance(value, UUID):
        return str(value)
    return value if isinstance(column, JsonField) else column.db_value(value)


def separated(now: Any, before: Any, after: Any) -> Any:
    """What a field is without what a merge brought it; what was done to it since stays.

    ``now`` if it is not what the merge made of it and is no list: somebody decided since.
    """
    if now == after:
        return before
    if isinstance(now, list) and isinstance(before, list) and isinstance(after, list):
        brought = [entry for entry in after if entry not in before]
        return [entry for entry in now if entry not in brought]
    return now

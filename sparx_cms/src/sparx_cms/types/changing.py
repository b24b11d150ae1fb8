"""What becomes of the fields of a content type when they are changed, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sparx_cms.errors.content_types import FieldNotOmitted, FieldTypeChange
from sparx_cms.types.definitions import DECIMAL, INTEGER, LONG_TEXT, OMITTED, TEXT

Definition = dict[str, Any]

ADDED, RENAMED, WIDENED, CHANGED = "added", "renamed", "widened", "changed"
OMITTING, RESTORED, DELETED = "omitted", "restored", "deleted"
#: What a type may become: every value of it is one of the other as well.
WIDER = frozenset({(INTEGER, DECIMAL), (TEXT, LONG_TEXT)})
#: Which of these can make entries unfit for publishing that were fit.
NARROWING = frozenset({ADDED, CHANGED, RESTORED})
_TOLD = frozenset({"id", "key", "type", "multiple", "state", "fields"})


@dataclass(frozen=True)
class FieldChange:
    """What becomes of a field: ``field`` is the path of keys to it as they will be."""

    field: str
    change: str
    was: str | None = None


def changes_of(
    before: Sequence[Definition], after: Sequence[Definition], within: str = ""
) -> list[FieldChange]:
    """What is different in ``after``, in its order, and what is deleted.

    ``FieldTypeChange`` and ``FieldNotOmitted`` for what nothing may become.
    """
    old = {one["id"]: one for one in before}
    told = {one["id"]: _settings(one, before) for one in before}
    found: list[FieldChange] = []
    forbidden = []
    for one in after:
        was = old.pop(one["id"], None)
        name = within + one["key"]
        if was is None:
            found.append(FieldChange(name, ADDED))
            continue
        if _is_forbidden(was, one):
            forbidden.append(name)
        found += [FieldChange(name, kind, was["key"]) for kind in _kinds(was, one)]
        if told[one["id"]] != _settings(one, after):
            found.append(FieldChange(name, CHANGED, was["key"]))
        found += changes_of(was.get("fields", ()), one.get("fields", ()), f"{name}.")
    if forbidden:
        raise FieldTypeChange(forbidden)
    shown = [within + one["key"] for one in old.values() if one["state"] != OMITTED]
    if shown:
        raise FieldNotOmitted(shown)
    return found + [FieldChange(within + one["key"], DELETED, one["key"]) for one in old.values()]


def _is_forbidden(was: Definition, now: Definition) -> bool:
    kinds = (was["type"], now["type"])
    return (
        (was["type"] != now["type"] and kinds not in WIDER)
        or (was["multiple"] and not now["multiple"])
        or was.get("component") != now.get("component")
    )


def _kinds(was: Definition, now: Definition) -> Iterator[str]:
    if was["key"] != now["key"]:
        yield RENAMED
    if was["type"] != now["type"] or was["multiple"] != now["multiple"]:
        yield WIDENED
    if was["state"] != now["state"]:
        yield OMITTING if now["state"] == OMITTED else RESTORED


def _settings(one: Definition, beside: Sequence[Definition]) -> Definition:
    """What a field is set to; the one that a slug is made of by its id, as its key may change."""
    ids = {other["key"]: other["id"] for other in beside}
    return {
        name: ids.get(value) if name == "sourceField" else value
        for name, value in one.items()
        if name not in _TOLD
    }

"""Pointers of values, resolved to the ids of what is here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sparx_cms.importing.own import PREFIX
from sparx_cms.importing.space import ASSET, ENTRY, Pointer
from sparx_cms.models.assets import Asset
from sparx_cms.models.entries import Entry
from sparx_core import Context, parse_uuid

Ids = Mapping[Pointer, UUID]
_GONE = object()


def find_ids(
    ctx: Context, pointers: Iterable[Pointer], *, trashed: bool = False
) -> dict[Pointer, UUID]:
    """The ids of those that are there, by the external ids under which they were imported; what
    was exported here is found by its own id. Those in the trash are not there, unless only they
    are asked for.
    """
    wanted = set(pointers)
    found: dict[Pointer, UUID] = {}
    for kind, model in ((ENTRY, Entry), (ASSET, Asset)):
        names = [one.external_id for one in wanted if one.kind == kind]
        if not names:
            continue
        own = [id for name in names if (id := _own_id(name)) is not None]
        rows = ctx.all(
            model.select().where(
                (model.external_id.in_(names) | model.id.in_(own)) & (model.trashed == trashed)
            )
        )
        for row in sorted(rows, key=lambda row: row.external_id is not None):
            found[Pointer(kind, PREFIX + str(row.id))] = row.id
            if row.external_id is not None:
                found[Pointer(kind, row.external_id)] = row.id
    return {one: id for one, id in found.items() if one in wanted}


def resolved(value: Any, ids: Ids) -> Any:
    """A value with ids for pointers. What points to nothing is left out: of lists, of rich text
    with the node or mark that it is of, and otherwise the whole value is None.
    """
    found = _resolved(value, ids)
    return None if found is _GONE else found


def _resolved(value: Any, ids: Ids) -> Any:
    if isinstance(value, Pointer):
        return str(ids[value]) if value in ids else _GONE
    if isinstance(value, list):
        return [one for inner in value if (one := _resolved(inner, ids)) is not _GONE]
    if isinstance(value, dict):
        found = {name: _resolved(inner, ids) for name, inner in value.items()}
        return _GONE if any(one is _GONE for one in found.values()) else found
    return value


def _own_id(name: str) -> UUID | None:
    return parse_uuid(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None

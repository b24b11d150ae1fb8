"""Whether what a client refers to is there: entries of types that a field allows, and assets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sparx_cms.models.assets import Asset
from sparx_cms.models.entries import Entry
from sparx_cms.richtext.references import references
from sparx_cms.types.catalogue import catalogue
from sparx_cms.types.definitions import MEDIA, REFERENCE, Document, FieldDefinition, TypeDefinition
from sparx_cms.types.documents import Path
from sparx_cms.types.finding import assets_in, links_in
from sparx_core import Context


@dataclass(frozen=True)
class Sent:
    """A value that refers to something: an id, or a tree of rich text."""

    field: FieldDefinition
    value: Any
    path: Path


def missing_targets(
    ctx: Context, type: TypeDefinition, sent: Sequence[Sent], kept: Document
) -> list[tuple[Path, str]]:
    """What is wrong with references that a client sent; those that the document had before stay,
    whatever became of what they lead to.
    """
    if not sent:
        return []
    known = {str(one.target) for one in (*links_in(type, kept), *assets_in(type, kept))}
    return [*_missing_entries(ctx, sent, known), *_missing_assets(ctx, sent, known)]


def asset_types(ctx: Context, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The media types of assets by id: of those that are there, and not in the trash."""
    query = Asset.select(Asset.id, Asset.content_type).where(Asset.id.in_(set(ids)), ~Asset.trashed)
    return {one.id: str(one.content_type) for one in ctx.all(query)}


def _missing_entries(
    ctx: Context, sent: Sequence[Sent], known: set[str]
) -> Iterable[tuple[Path, str]]:
    wanted = [(one, id) for one in sent for id in _entries_of(one) if id not in known]
    if not wanted:
        return
    query = Entry.select(Entry.id, Entry.content_type).where(
        Entry.id.in_({UUID(id) for _, id in wanted}), ~Entry.trashed
    )
    types = catalogue(ctx).by_id
    found = {str(one.id): types[one.content_type].key for one in ctx.all(query)}
    for one, id in wanted:
        allowed = one.field.allowed if one.field.type == REFERENCE else ()
        if id not in found:
            yield one.path, "There is no such entry."
        elif allowed and found[id] not in allowed:
            yield one.path, f"Must be an entry of: {', '.join(allowed)}."


def _missing_assets(
    ctx: Context, sent: Sequence[Sent], known: set[str]
) -> Iterable[tuple[Path, str]]:
    wanted = [(one, id) for one in sent for id in _assets_of(one) if id not in known]
    if not wanted:
        return
    found = asset_types(ctx, [UUID(id) for _, id in wanted])
    for one, id in wanted:
        if UUID(id) not in found:
            yield one.path, "There is no such asset."


def _entries_of(sent: Sent) -> Sequence[str]:
    if sent.field.type == REFERENCE:
        return [sent.value]
    return [] if sent.field.type == MEDIA else references(sent.value).entries


def _assets_of(sent: Sent) -> Sequence[str]:
    if sent.field.type == MEDIA:
        return [sent.value]
    return [] if sent.field.type == REFERENCE else references(sent.value).assets

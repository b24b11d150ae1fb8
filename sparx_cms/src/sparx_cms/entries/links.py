"""Which entries an entry refers to: a row each, for reverse look-ups and refusals."""

from __future__ import annotations

from uuid import UUID

from sparx_cms.models.entries import Entry, Link
from sparx_cms.types import Document, TypeDefinition, links_in
from sparx_core import Context


def note_links(
    ctx: Context, entry: Entry, type_: TypeDefinition, stage: str, document: Document | None
) -> None:
    """Replace what is noted of an entry in a stage by what its document refers to.

    Entries that are gone for good are left out: a document may still name them.
    """
    ctx.run(Link.delete().where(Link.entry == entry.id, Link.stage == stage))
    found = links_in(type_, document or {})
    present = {one.id for one in ctx.match(Entry, "id", [one.target for one in found])}
    ctx.insert_all(
        Link(
            entry=entry.id,
            stage=stage,
            field=one.field,
            locale=one.locale,
            position=one.position,
            target=one.target,
        )
        for one in found
        if one.target in present or one.target == entry.id
    )


def targets_in(type_: TypeDefinition, document: Document) -> set[tuple[str, UUID]]:
    """The entries that a document refers to, each with the id of the field."""
    return {(one.field, one.target) for one in links_in(type_, document)}


def referrers(ctx: Context, target: UUID, *, limit: int) -> list[Entry]:
    """Some of the entries outside of the trash that refer to one, itself left out."""
    query = (
        Entry.select(Entry.id, Entry.content_type, Entry.title)
        .join(Link, on=(Link.entry == Entry.id))
        .where(Link.target == target, Link.entry != target, ~Entry.trashed)
        .distinct()
        .limit(limit)
    )
    return list(ctx.all(query))

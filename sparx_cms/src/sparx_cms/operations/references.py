"""References, looked up from either end."""

from __future__ import annotations

from typing import Any

from sparx_cms.models.entries import DRAFT, EVERY, LIVE, Entry, Link
from sparx_cms.operations.finding import row_named
from sparx_cms.schemas.entry_bodies import ReferenceSchema, ReferencesQuery
from sparx_cms.types import catalogue
from sparx_core import Context, NotFound, Values, operation, querying


@querying(ReferencesQuery)
@operation(
    "GET",
    "/entries/{id}/references",
    name="entry_references",
    module="cms",
    scope="read:cms",
    answer=ReferenceSchema(many=True),
    raises=[NotFound],
)
def entry_references(ctx: Context, id: str, query: Values) -> list[Values]:
    """The entries that refer to an entry, or with `direction=out` those that it refers to, in
    order; each as often as it does. Only what is live counts unless `status` says otherwise.
    """
    drafts = query["status"] == "draft"
    if drafts:
        ctx.require("cms", "draft:cms")
    entry = row_named(ctx, Entry, id)
    if entry.trashed or not (drafts or entry.live_locales):
        raise NotFound
    incoming = query["direction"] == "in"
    here, there = (Link.target, Link.entry) if incoming else (Link.entry, Link.target)
    seen = ~Entry.trashed if drafts else (~Entry.trashed & Entry.live.is_null(False))
    found: Any = (
        Link.select(Link.field, Link.locale, Entry.id.alias("other"), Entry.content_type)
        .join(Entry, on=(Entry.id == there))
        .where(here == entry.id, Link.stage == (DRAFT if drafts else LIVE), seen)
        .order_by(Entry.id, Link.field, Link.locale, Link.position)
        .limit(query["take"])
    )
    shown = (_shown(ctx, entry, one, incoming) for one in ctx.all(found.dicts()))
    return [one for one in shown if one is not None]


def _shown(ctx: Context, entry: Entry, link: Values, incoming: bool) -> Values | None:
    """A reference by the key of its field; None if that was deleted or is hidden."""
    types = catalogue(ctx).by_id
    referring = types[link["content_type"] if incoming else entry.content_type]
    field = referring.by_id.get(link["field"])
    if field is None or field.omitted:
        return None
    return {
        "entryId": link["other"],
        "type": types[link["content_type"]].key,
        "field": field.key,
        "locale": None if link["locale"] == EVERY else link["locale"],
    }

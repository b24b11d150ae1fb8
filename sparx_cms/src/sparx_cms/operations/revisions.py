"""Revisions: listed, read, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from sparx_cms.models.entries import EVERY, Entry, Revision
from sparx_cms.operations.finding import row_named
from sparx_cms.schemas.revisions import DifferenceSchema, DiffQuery, RevisionSchema
from sparx_cms.types import Document, FieldDefinition, content_type
from sparx_core import Context, NotFound, Resource, Values, operation, querying, rendered


class _Revisions(Resource):
    """The history of drafts, which is a record itself, and for those who may see drafts."""

    audited = counted = False
    read_scope = "draft:cms"


revisions = _Revisions(
    "revisions",
    Revision,
    RevisionSchema,
    filters=("entryId", "number", "createdAt"),
    sorts=("createdAt", "number"),
    bulk=False,
)
_TOLD = {
    "list": "Revisions of entries, newest first; those of one entry with `entryId`.",
    "get": "A revision, with its values.",
}
revisions.operations = {
    verb: replace(one, documentation=_TOLD[verb]) for verb, one in revisions.operations.items()
}


@querying(DiffQuery)
@operation(
    "GET",
    "/revisions/{id}/diff",
    name="revision_diff",
    module="cms",
    scope="draft:cms",
    answer=DifferenceSchema(many=True),
    raises=[NotFound],
)
def revision_diff(ctx: Context, id: str, query: Values) -> list[Values]:
    """What a revision changed: the fields whose values differ from those of the revision before,
    or of the one that `against` names, each with the value there (`before`) and here (`after`).
    """
    revision = row_named(ctx, Revision, id)
    other = _other(ctx, revision, query.get("against"))
    before = {} if other is None else rendered(ctx, revisions, other)["fields"]
    after = rendered(ctx, revisions, revision)["fields"]
    entry = ctx.get(Entry, revision.entry)
    fields = content_type(ctx, entry.content_type).by_key.values()
    return [one for field in fields for one in _differences(field, before, after)]


def _other(ctx: Context, revision: Revision, against: UUID | None) -> Revision | None:
    """The revision to compare with; None for the first, which is compared with nothing."""
    if against is None:
        query = Revision.select().where(
            Revision.entry == revision.entry, Revision.number < revision.number
        )
        found: Revision | None = ctx.first(query.order_by(Revision.number.desc()).limit(1))
        return found
    other = ctx.get(Revision, against)
    if other.entry != revision.entry:
        raise NotFound
    return other


def _differences(field: FieldDefinition, before: Document, after: Document) -> Iterator[Values]:
    sides = _by_language(field, before), _by_language(field, after)
    for locale in sorted(sides[0].keys() | sides[1].keys()):
        values = sides[0].get(locale), sides[1].get(locale)
        if values[0] != values[1]:
            yield {
                "field": field.key,
                "locale": None if locale == EVERY else locale,
                "before": values[0],
                "after": values[1],
            }


def _by_language(field: FieldDefinition, shown: Values) -> dict[str, Any]:
    """The values of a field by language, as they are shown with ``locale=*``."""
    value = shown.get(field.key)
    if value is None:
        return {}
    return dict(value) if field.localized else {EVERY: value}

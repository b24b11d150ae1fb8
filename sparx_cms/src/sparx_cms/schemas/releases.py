"""Releases on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from peewee import SQL, Function

from sparx_cms.models.releases import RELEASE_MACHINE, RELEASE_STATUSES, ReleaseItem
from sparx_cms.models.schedules import ACTIONS
from sparx_cms.schemas.schedules import LOCALE_EXAMPLE, MAX_LOCALES
from sparx_core import (
    Choice,
    Computed,
    Document,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    Related,
    RelatedList,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
)


def item_count(release: Scope) -> Any:
    """How much there is in a release."""
    inside = ReleaseItem.release == release.column("id")
    return ReleaseItem.select(Function("count", (SQL("*"),))).where(inside)


class ReleaseSchema(ResourceSchema):
    """Entries that go live, or offline, together or not at all.

    One that is a draft, or `failed`, is filled and changed; then it is published, or scheduled
    for `at`. `failure` says why its time came and nothing of it was done.
    """

    title = Text(required=True, metadata={"example": "Spring campaign"})
    description = Text(2_048, allow_none=True, metadata={"detail": True, "example": "All of May."})
    status = Choice(*RELEASE_STATUSES, dump_only=True)
    at = Timestamp(dump_only=True, allow_none=True)
    item_count = Computed(
        WholeNumber(), item_count, reads=[ReleaseItem], metadata={"nullable": False}
    )
    failure = Document(dump_only=True, allow_none=True)
    published_at = Timestamp(dump_only=True, allow_none=True)
    created_by = fields.String(dump_only=True, metadata={"example": "key:0197"})
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
    allowed_transitions = RELEASE_MACHINE.allowed()
    items = RelatedList("cms.release_items", by="release", sort="createdAt", limit=100)


class ReleaseItemSchema(ResourceSchema):
    """What a release does with an entry.

    To be published is the revision that is named, or else the newest one of the moment when the
    entry is put in; `null` later makes it the newest one anew. Without `locales` it is all
    languages that the revision has, or that are live when the entry is to go offline.
    """

    release = Related("cms.releases", required=True)
    entry = Related("cms.entries", required=True)
    action = Choice(*ACTIONS)
    revision_id = Id(allow_none=True, attribute="revision")
    revision_number = WholeNumber(1, dump_only=True, allow_none=True)
    locales = ListOf(
        Text(35, metadata=LOCALE_EXAMPLE), minimum=1, maximum=MAX_LOCALES, allow_none=True
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class ReleaseTimeSchema(ObjectSchema):
    """When a release is to be published."""

    at = Timestamp(required=True)


class ReleaseCheckSchema(ObjectSchema):
    """Whether all of a release could be published now."""

    ready = Flag(dump_only=True)
    blocked = ListOf(
        Document(
            metadata={
                "example": {
                    "itemId": "0197a1e2-0000-7000-8000-000000000001",
                    "entryId": "0197a1e2-0000-7000-8000-000000000002",
                    "error": {"code": "unpublished_references", "message": "…"},
                }
            }
        ),
        dump_only=True,
    )

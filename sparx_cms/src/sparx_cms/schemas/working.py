"""Comments, who is there, and previews, on the wire."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields
from peewee import SQL, Function, Select, Table

from sparx_cms.models.working import ACTIVITIES
from sparx_core import (
    Choice,
    Computed,
    Document,
    Id,
    ListOf,
    ObjectSchema,
    Related,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
    json_schema,
)

#: A preview is for somebody who looks now; seconds.
SHORTEST, USUAL, LONGEST = 60, 900, 3_600
#: Relations from the entry, and paths.
MAX_DEPTH, MAX_PATHS = 4, 20
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}(\.[A-Za-z][A-Za-z0-9_]{0,62}){0,3}")
_ACTOR = {"example": "key:0197a1e2-0000-7000-8000-000000000001"}
_FIELD = {"example": "body", "description": "The path of a field, by keys."}


class CommentSchema(ResourceSchema):
    """Something said about an entry, or a `field` of it. Answers name their `parentId`."""

    entry = Related("cms.entries", required=True)
    parent = Related("cms.comments", allow_none=True)
    field = Text(255, allow_none=True, metadata=_FIELD)
    locale = Text(35, allow_none=True, metadata={"example": "en"})
    body = Text(10_000, required=True, metadata={"example": "Is this price right?"})
    author = fields.String(dump_only=True, metadata=_ACTOR)
    author_name = fields.String(dump_only=True, metadata={"example": "Newsroom"})
    resolved_at = Timestamp(dump_only=True, allow_none=True)
    resolved_by = fields.String(dump_only=True, allow_none=True, metadata=_ACTOR)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class CommentNoticeSchema(ResourceSchema):
    """That something was said about an entry, and by whom. What was said, those may read who may
    see drafts: it is in the comment itself.
    """

    entry = Related("cms.entries", dump_only=True)
    parent = Related("cms.comments", dump_only=True)
    field = Text(255, dump_only=True, metadata=_FIELD)
    author = fields.String(dump_only=True, metadata=_ACTOR)
    author_name = fields.String(dump_only=True, metadata={"example": "Newsroom"})
    resolved_at = Timestamp(dump_only=True)
    created_at = Timestamp(dump_only=True)


class RewritingSchema(ObjectSchema):
    """Other words for a comment."""

    body = Text(10_000, metadata={"example": "Is this price right? It was 20 before."})


class HereSchema(ObjectSchema):
    """What somebody does with an entry."""

    activity = Choice(*ACTIVITIES)
    field = Text(255, allow_none=True, metadata=_FIELD)


class PresenceSchema(ObjectSchema):
    """Somebody who has an entry open."""

    actor = fields.String(required=True, metadata=_ACTOR)
    name = fields.String(required=True, metadata={"example": "Newsroom"})
    activity = Choice(*ACTIVITIES, required=True)
    field = fields.String(required=True, allow_none=True, metadata=_FIELD)
    seen_at = Timestamp(required=True)


# -- previews ------------------------------------------------------------------------------------


class IncludePath(fields.String):
    """Keys of fields that refer to something, from the entry on: ``author.avatar``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _PATH.fullmatch(value):
            raise ValidationError(f"Not a path such as author.avatar, {MAX_DEPTH} deep at most.")
        return value


@json_schema.register
def _(field: IncludePath) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{_PATH.pattern}$", "examples": ["author.avatar"]}


class PreviewBodySchema(ObjectSchema):
    """What a preview shows: a revision, or else the draft as it is whenever it is opened; in one
    language, with what `include` names beside the ids of what it refers to.
    """

    locale = Text(35, metadata={"example": "en"})
    revision_id = Id()
    include = ListOf(IncludePath(), maximum=MAX_PATHS)
    expires_in = WholeNumber(SHORTEST, LONGEST, metadata={"description": "Seconds: 900 if absent."})


class PreviewLinkSchema(ObjectSchema):
    """The link of a preview. The token is shown this once."""

    preview_id = Id(dump_only=True)
    preview_token = Text(
        dump_only=True,
        metadata={
            "sensitive": True,
            "example": "lnk_Zm9yIHRoZSBleGFtcGxlLCBhbmQgbm8gb3RoZXIgdXNlcw",
        },
    )
    preview_path = Text(
        dump_only=True,
        metadata={
            "sensitive": True,
            "description": "Where the entry is shown, without a key.",
            "example": "/v1/cms/public/previews/lnk_Zm9yIHRoZSBleGFtcGxlLCBhbmQgbm8gb3RoZXIgdXNlcw",
        },
    )
    preview_expires_at = Timestamp(dump_only=True)


class PreviewSchema(ResourceSchema):
    """A preview that somebody made. Its link works until `expiresAt`, or until it is deleted."""

    entry = Related("cms.entries", dump_only=True)
    revision_id = Id(dump_only=True, allow_none=True, attribute="revision")
    locale = fields.String(dump_only=True, metadata={"example": "en"})
    expires_at = Timestamp(dump_only=True)
    created_by = fields.String(dump_only=True, metadata=_ACTOR)
    created_at = Timestamp(dump_only=True)


def shown(preview: Scope) -> Any:
    """The entry of a preview, with the values of its revision, or of the draft."""
    revisions: Any = Table("revisions", schema="cms", alias="previewed")
    pinned = Select([revisions], [revisions.c.data]).where(
        revisions.c.tenant_id == preview.column("tenant_id"),
        revisions.c.id == preview.column("revision_id"),
    )
    chain = Function("cms.locale_chain", (preview.column("locale"),))
    entry, plan = preview.column("entry_id"), preview.column("plan")
    return Function(
        "cms.shown_entry",
        (entry, chain, SQL("false"), plan, SQL("NULL::text[]"), pinned),
    )


class PublicPreviewSchema(ResourceSchema):
    """What the link of a preview shows: an entry in the form of lists of entries."""

    locale = fields.String(dump_only=True, metadata={"example": "en"})
    expires_at = Timestamp(dump_only=True)
    entry = Computed(Document(), shown, metadata={"nullable": False})

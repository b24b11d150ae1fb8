"""What readers get who keep up with everything that is live."""

from __future__ import annotations

from marshmallow import fields

from sparx_core import Document, Flag, Id, ObjectSchema, Text, WholeNumber

MAX_TAKE = 250


class SyncQuery(ObjectSchema):
    """Where a reader is, and what of the rest it wants."""

    token = fields.String(
        metadata={"description": "`meta.next_token` of the page before. Without it from the start."}
    )
    type = Text(63, metadata={"description": "Only entries of this type.", "example": "post"})
    locale = Text(
        35,
        load_default="*",
        metadata={"description": "A language, or `*` for all of them.", "example": "en"},
    )
    take = WholeNumber(1, MAX_TAKE, load_default=100)


class SyncChangeSchema(ObjectSchema):
    """An entry that changed for readers."""

    id = Id(required=True)
    type = fields.String(required=True, allow_none=True, metadata={"example": "post"})
    deleted = Flag(
        required=True,
        metadata={"description": "It is not live any more: unpublished, archived or deleted."},
    )
    entry = Document(
        required=True, allow_none=True, metadata={"description": "As readers see it now."}
    )


class SyncMeta(ObjectSchema):
    """Where to go on."""

    next_token = fields.String(
        required=True,
        data_key="next_token",
        metadata={"description": "Send it as `token`; there is one on every page."},
    )
    has_more = Flag(required=True, data_key="has_more", metadata={"example": False})

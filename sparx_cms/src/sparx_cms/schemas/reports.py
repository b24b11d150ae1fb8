"""What is wrong with content, as it is shown."""

from __future__ import annotations

from marshmallow import fields

from sparx_core import Choice, Id, ObjectSchema, Text, WholeNumber

REASONS = ("trashed", "archived", "unpublished")


class ReportQuery(ObjectSchema):
    """Which part of a report."""

    take = WholeNumber(1, 250, load_default=50)
    after = Id(metadata={"description": "`meta.next_cursor` of the page before."})


class AltQuery(ReportQuery):
    """In which language."""

    locale = Text(35, metadata={"description": "Without it the tenant's own language."})


class ReportMeta(ObjectSchema):
    """Where to go on."""

    next_cursor = Id(required=True, allow_none=True, data_key="next_cursor")


class BrokenLinkSchema(ObjectSchema):
    """A live entry refers to one that readers do not see."""

    id = Id(required=True)
    entry_id = Id(required=True)
    type = fields.String(required=True, metadata={"example": "post"})
    title = fields.String(required=True, allow_none=True, metadata={"example": "Diesel"})
    locale = fields.String(required=True, metadata={"example": "en"})
    field_id = fields.String(required=True)
    target_id = Id(required=True)
    reason = Choice(*REASONS, required=True)


class MediaReportSchema(ObjectSchema):
    """A file of the media library."""

    id = Id(required=True)
    filename = fields.String(required=True, metadata={"example": "engine.jpg"})
    content_type = fields.String(required=True, metadata={"example": "image/jpeg"})
    size = fields.Integer(required=True, metadata={"example": 51200})

"""The wire form of an entry, which ``cms.shown_entry`` makes."""

from __future__ import annotations

from sparx_cms.models.content_types import ContentType, Locale
from sparx_cms.models.entries import STATUSES, Entry, EntryLocale, Revision
from sparx_core import Choice, Document, Id, Made, ResourceSchema, Text, Timestamp, WholeNumber

#: What the function reads: it is shown as the transaction leaves it.
_READS = (ContentType, Locale, Entry, EntryLocale, Revision)


class EntrySchema(ResourceSchema):
    """A piece of content. What its ``fields`` are says its content type.

    Everything is told of one view: of what is live, as it was published, or of the draft.
    """

    id = Id(dump_only=True)
    type = Made(Text(63), metadata={"nullable": False, "description": "The key of its type."})
    status = Made(Choice(*STATUSES), metadata={"nullable": False})
    stage = Made(Text(63), metadata={"description": "The stage of approval that it is in."})
    locale = Made(Text(35), metadata={"nullable": False, "description": "What was asked for."})
    title = Made(Text(10_000))
    fields_ = Made(
        Document(),
        reads=_READS,
        data_key="fields",
        metadata={"nullable": False, "description": "By key, as its content type says."},
    )
    fallbacks = Made(
        Document(),
        metadata={
            "nullable": False,
            "description": "The language of each field that is not there in the first one.",
        },
    )
    path = Made(Text(2048), metadata={"description": "Of its page, if its type has pages."})
    version = WholeNumber(1, dump_only=True)
    revision_number = Made(WholeNumber(1))
    schema_version = Made(WholeNumber(1))
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
    published_at = Timestamp(dump_only=True, allow_none=True)
    first_published_at = Timestamp(dump_only=True, allow_none=True)
    archived_at = Timestamp(dump_only=True, allow_none=True)
    deleted_at = Timestamp(dump_only=True, metadata={"on_request": True})
    created_by = Made(Text(200), metadata={"nullable": False})
    updated_by = Made(Text(200))

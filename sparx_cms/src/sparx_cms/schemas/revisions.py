"""Revisions on the wire, and what lies between two."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from peewee import SQL, Function, Select, Table

from sparx_core import (
    Computed,
    Id,
    ObjectSchema,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
)

#: What made a revision.
KINDS = (
    "created", "saved", "restored", "discarded", "duplicated", "nullified", "imported", "migrated",
)  # fmt: skip


def _fields(revision: Scope) -> Any:
    """The document by the keys that its fields have now, localized ones by language."""
    entry: Any = Table("entries", schema="cms", alias="revised")
    type_: Any = Table("content_types", schema="cms", alias="revised_type")
    shown = Function(
        "cms.shown_fields",
        (
            type_.c.fields,
            revision.column("data"),
            SQL("NULL::text[]"),
            Function("cms.locale_chain", (SQL("'*'"),)),
            SQL("NULL"),
            SQL("NULL"),
        ),
    )
    return (
        Select([entry], [shown])
        .join(type_, on=(type_.c.id == entry.c.content_type_id))
        .where(entry.c.id == revision.column("entry_id"))
    )


class RevisionSchema(ResourceSchema):
    """The draft of an entry as it was saved once. It never changes; old ones are removed one day,
    those that are live or scheduled never.
    """

    entry_id = Id(dump_only=True, attribute="entry")
    number = WholeNumber(1, dump_only=True)
    kind = Text(
        20,
        dump_only=True,
        metadata={"description": f"What made it: {', '.join(KINDS)}.", "example": "saved"},
    )
    summary = Text(500, dump_only=True, allow_none=True)
    author = Text(dump_only=True, metadata={"example": "key:018f8a52-7c1e-7b3a-9d55-3c1f0e9b2a41"})
    schema_version = WholeNumber(1, dump_only=True)
    fields_ = Computed(
        fields.Dict(keys=fields.String()),
        _fields,
        data_key="fields",
        metadata={
            "detail": True,
            "nullable": False,
            "description": "Its values by the keys that the fields have now; of what is localized,"
            " by language.",
            "example": {"title": {"en": "Hello"}},
        },
    )
    created_at = Timestamp(dump_only=True)


class DiffQuery(ObjectSchema):
    """The revision to compare with; the one before if absent."""

    against = Id()


class DifferenceSchema(ObjectSchema):
    """A field that differs, in one language or, if it is not localized, in all."""

    field = Text(dump_only=True)
    locale = Text(dump_only=True, allow_none=True)
    before = fields.Raw(dump_only=True, allow_none=True)
    after = fields.Raw(dump_only=True, allow_none=True)

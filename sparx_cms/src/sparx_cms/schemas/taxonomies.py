"""Taxonomies, terms, and the terms of entries on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from peewee import SQL, Function, Select, Table

from sparx_cms.models.taxonomies import Term
from sparx_cms.schemas.menus import key_field
from sparx_core import (
    Computed,
    Flag,
    Id,
    ObjectSchema,
    Related,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
)

MAX_TAKE = 100
_SLUG = validate.Regexp(r"[\w.~-]{1,255}\Z", error="Must be letters, digits, -, _, . and ~.")


def term_count(taxonomy: Scope) -> Any:
    """How many terms a taxonomy has, as SQL."""
    terms = Table("terms", schema="cms", alias="counted")
    counted = Select([terms], [Function("count", (SQL("*"),))])
    return counted.where(terms.c.taxonomy_id == taxonomy.column("id"))


class TaxonomySchema(ResourceSchema):
    """A way to sort entries, whatever their type."""

    key = key_field("topics")
    name = Text(120, required=True, metadata={"example": "Topic"})
    plural_name = Text(120, required=True, metadata={"example": "Topics"})
    hierarchical = Flag(metadata={"description": "Whether terms can be below others."})
    term_count = Computed(
        WholeNumber(), term_count, reads=[Term], metadata={"nullable": False, "example": 12}
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class TermSchema(ResourceSchema):
    """A term of a taxonomy."""

    taxonomy = Related("cms.taxonomies", required=True)
    parent = Related("cms.terms", allow_none=True)
    name = Text(255, required=True, metadata={"example": "Diesel engines"})
    slug = fields.String(
        validate=_SLUG,
        metadata={
            "description": "Unique in its taxonomy. Without it, it is made of the name.",
            "example": "diesel-engines",
        },
    )
    description = Text(8_192, allow_none=True, metadata={"example": "All about injectors."})
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class TermChangesSchema(ObjectSchema):
    """What can be changed of a term: not its taxonomy."""

    parent = Related("cms.terms", allow_none=True)
    name = Text(255)
    slug = fields.String(validate=_SLUG)
    description = Text(8_192, allow_none=True)


class EntryTermSchema(ResourceSchema):
    """An entry has a term. It is no part of the entry's content: it holds at once, for its draft
    and for what is live of it, in every language.
    """

    entry = Id(data_key="entryId", required=True)
    term = Related("cms.terms", required=True)
    created_at = Timestamp(dump_only=True)


class TermEntriesQuery(ObjectSchema):
    """Which of the entries."""

    locale = Text(35, metadata={"description": "Without it the tenant's own language."})
    take = WholeNumber(1, MAX_TAKE, load_default=25)
    after = Id(metadata={"description": "`meta.next_cursor` of the page before."})
    below = Flag(
        load_default=True,
        metadata={"description": "Also those that have a term below this one."},
    )


class TermEntriesMeta(ObjectSchema):
    """Where to go on."""

    next_cursor = Id(required=True, allow_none=True, data_key="next_cursor")

"""Content types on the wire, what changing one answers, and locales."""

from __future__ import annotations

from marshmallow import fields, validate
from peewee import SQL, NodeList

from sparx_cms.models.content_types import KINDS, TYPE_STATES
from sparx_cms.schemas.field_definitions import KEY, MAX_FIELDS, TYPE_KEY, FieldSchema, key_field
from sparx_core import (
    Choice,
    Computed,
    Embedded,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
)

MAX_STAGES = 10
LOCALE_CODE = r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?"
_DISPLAY = {"description": "The key of the field that names an entry.", "example": "title"}


def _display_field(row: Scope) -> NodeList:
    """The key that the field has now whose id is stored."""
    return NodeList(
        (
            SQL("(SELECT _f ->> 'key' FROM jsonb_array_elements("),
            row.column("fields"),
            SQL(") AS _f WHERE _f ->> 'id' ="),
            row.column("display_field"),
            SQL(")"),
        )
    )


class StageSchema(ObjectSchema):
    """A stage of approval, which comes before publishing."""

    key = key_field(TYPE_KEY, required=True, metadata={"example": "legal"})
    name = Text(120, required=True, metadata={"example": "Legal"})


#: An example with what its path needs.
_FIELDS = [
    {"key": "title", "label": "Title", "type": "text", "required": True},
    {"key": "slug", "label": "Slug", "type": "slug", "sourceField": "title"},
]


class ContentTypeSchema(ResourceSchema):
    """What entries of one kind consist of; or, of the kind `component`, what parts of them do."""

    key = key_field(
        TYPE_KEY,
        required=True,
        metadata={
            "description": "Its name in paths and queries; it stays once there are entries.",
            "example": "recipe",
        },
    )
    name = Text(120, required=True, metadata={"example": "Recipe"})
    plural_name = Text(120, metadata={"example": "Recipes"})
    description = Text(2_048, allow_none=True, metadata={"example": None})
    icon = Text(60, allow_none=True, metadata={"example": None})
    kind = Choice(*KINDS, metadata={"example": "collection"})
    display_field = Computed(Text(63), _display_field, metadata=_DISPLAY)
    url_pattern = fields.String(
        allow_none=True,
        validate=validate.Regexp(
            r"/[^\s\x00-\x20\x7f-\xa0\ufeff?#\\]{0,254}\Z",
            error="Must begin with / and be at most 255 characters, none of them a space.",
        ),
        metadata={
            "description": "The path of an entry's page. {key} is a field; {locale} the locale.",
            "example": "/recipes/{slug}",
        },
    )
    fields = Embedded(  # type: ignore[assignment]
        FieldSchema, maximum=MAX_FIELDS, metadata={"example": _FIELDS}
    )
    stages = Embedded(StageSchema, maximum=MAX_STAGES, metadata={"example": []})
    state = Choice(
        *TYPE_STATES,
        metadata={"description": "`deprecated`: no new entries.", "example": "active"},
    )
    built_in = Flag(dump_only=True, metadata={"description": "Whether the CMS made it."})
    schema_version = WholeNumber(
        1, dump_only=True, metadata={"description": "Goes up when fields change.", "example": 1}
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class NewContentTypeSchema(ContentTypeSchema):
    """A content type to create."""

    display_field = key_field(  # type: ignore[assignment]
        KEY, allow_none=True, metadata=_DISPLAY
    )
    state = Choice(*TYPE_STATES, dump_only=True)


class ContentTypeChangesSchema(ContentTypeSchema):
    """What can be changed of a content type: everything but its kind. `fields` are all of them, in
    order: one with an `id` is that field, with whatever key it has now, and one that is left out is
    deleted.
    """

    display_field = key_field(  # type: ignore[assignment]
        KEY, allow_none=True, metadata=_DISPLAY
    )
    kind = Choice(*KINDS, dump_only=True)
    dry_run = Flag(
        metadata={"description": "Only tell what would change; nothing is stored.", "example": True}
    )


class FieldChangeSchema(ObjectSchema):
    """What becomes of a field."""

    field = Text(127, metadata={"description": "Its key, as it will be.", "example": "subtitle"})
    change = Choice(
        "added", "renamed", "widened", "changed", "omitted", "restored", "deleted",
        metadata={"example": "added"},
    )  # fmt: skip
    was = Text(63, allow_none=True, metadata={"description": "Its key until now.", "example": None})


class ImpactSchema(ObjectSchema):
    """What a change means for the entries that are there."""

    entries = WholeNumber(metadata={"description": "That have these fields.", "example": 120})
    checked = WholeNumber(
        metadata={"description": "The newest of them, which were looked at.", "example": 120}
    )
    invalid = WholeNumber(
        metadata={
            "description": "How many of those could not be published any more.",
            "example": 0,
        }
    )
    invalid_entries = ListOf(Id(), maximum=20, metadata={"description": "Some of these."})


class TypePlanSchema(ObjectSchema):
    """What changing a content type does, or would do."""

    applied = Flag(metadata={"description": "False of a dry run."})
    changes = ListOf(fields.Nested(FieldChangeSchema))
    impact = fields.Nested(ImpactSchema)
    purge_job_id = Id(
        allow_none=True,
        metadata={
            "description": "The job that takes the values of deleted fields out of entries.",
            "example": None,
        },
    )


class LocaleSchema(ResourceSchema):
    """A language of the content."""

    code = fields.String(
        required=True,
        validate=validate.Regexp(LOCALE_CODE + r"\Z", error="Not a locale such as en or de-AT."),
        metadata={"example": "de-AT"},
    )
    name = Text(120, required=True, metadata={"example": "German (Austria)"})
    fallback = fields.String(
        allow_none=True,
        metadata={"description": "The locale that stands in where something is missing.",
                  "example": "en"},
    )  # fmt: skip
    is_default = Flag(metadata={"description": "Exactly one is; it can be given, not taken away."})
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class LocaleChangesSchema(LocaleSchema):
    """What can be changed of a locale: everything but its code."""

    code = fields.String(dump_only=True)

"""What clients send about entries. How entries are shown is in ``schemas/entries.py``."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from sparx_core import (
    Choice,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    Text,
    Timestamp,
    WholeNumber,
    json_schema,
)


class FieldValues(fields.Dict):
    """Values of the fields of an entry, by the keys that its content type gives them. What each
    takes, the type says.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=fields.String(), **kwargs)


@json_schema.register
def _(field: FieldValues) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": True}


_LOCALE = {
    "description": "The language that the values are in; the tenant's own if absent. With `*`,"
    " what is localized has its values by language.",
    "example": "en",
}
_LOCALES = {"description": "In which languages; in all of the entry's if absent."}
_VALUES = {"example": {"title": "Hello", "slug": "hello"}}


class EntryBodySchema(ObjectSchema):
    """A new entry: the key of its content type, and values of its fields, not all of which have to
    be there before it is published.
    """

    type = Text(63, required=True, metadata={"example": "post"})
    locale = Text(35, metadata=_LOCALE)
    fields_ = FieldValues(data_key="fields", attribute="fields", metadata=_VALUES)
    external_id = Text(
        255, metadata={"description": "Under which an import knows it, and never twice."}
    )


class EntryChangesSchema(ObjectSchema):
    """Changes of a draft: fields that are absent stay, null clears."""

    locale = Text(35, metadata=_LOCALE)
    fields_ = FieldValues(data_key="fields", attribute="fields", metadata=_VALUES)
    summary = Text(500, metadata={"description": "What the new revision is about."})


class PublishSchema(ObjectSchema):
    """Which revision goes live, the newest if none is named, and in which languages."""

    revision_id = Id()
    locales = ListOf(Text(35), minimum=1, metadata=_LOCALES)
    cascade = Flag(
        metadata={"description": "Publish with it what it refers to and is not published."}
    )


class LanguagesSchema(ObjectSchema):
    """In which languages."""

    locales = ListOf(Text(35), minimum=1, metadata=_LOCALES)


class ArchiveSchema(ObjectSchema):
    """Whether an entry that is live is unpublished first."""

    unpublish = Flag()


class RevertSchema(ObjectSchema):
    """The revision that the draft goes back to."""

    revision_id = Id(required=True)


class DeletingQuery(ObjectSchema):
    """What becomes of drafts that refer to the entry."""

    on_delete = Choice(
        "refuse",
        "nullify",
        load_default="refuse",
        metadata={"description": "`nullify` takes the entry out of the drafts that refer to it."},
    )


class ReferencesQuery(ObjectSchema):
    """Which references: of other entries to this one (`in`), or the other way (`out`)."""

    direction = Choice("in", "out", load_default="in")
    status = Choice(
        "published",
        "draft",
        load_default="published",
        metadata={"description": "`draft` looks at drafts, and needs the scope `draft:cms`."},
    )
    take = WholeNumber(1, 250, load_default=50)


class ReferenceSchema(ObjectSchema):
    """That an entry refers to another: the other one, by which field, in which language."""

    entry_id = Id(dump_only=True)
    type = Text(dump_only=True)
    field = Text(dump_only=True, metadata={"description": "The key of the field that refers."})
    locale = Text(dump_only=True, allow_none=True)


class EntryLocaleSchema(ObjectSchema):
    """An entry in one language."""

    locale = Text(dump_only=True, metadata={"example": "en"})
    status = Choice("draft", "published", "changed", dump_only=True)
    path = Text(dump_only=True, allow_none=True, metadata={"description": "Of the draft's page."})
    live_path = Text(
        dump_only=True, allow_none=True, metadata={"description": "Of the page that is live."}
    )
    live_revision_id = Id(dump_only=True, allow_none=True)
    published_at = Timestamp(dump_only=True, allow_none=True)
    first_published_at = Timestamp(dump_only=True, allow_none=True)


class ObstaclesQuery(ObjectSchema):
    """Which revision, the newest if absent, and in which language, in all if absent."""

    revision_id = Id()
    locale = Text(35)


class ObstacleSchema(ObjectSchema):
    """One thing that keeps an entry from being published."""

    code = Text(
        dump_only=True,
        metadata={"description": "`invalid`, or the code of the error that publishing answers."},
    )
    field = Text(dump_only=True, allow_none=True, metadata={"example": "fields.title"})
    message = Text(dump_only=True)
    id = Id(
        dump_only=True,
        allow_none=True,
        metadata={"description": "The entry that it refers to and that is not live."},
    )

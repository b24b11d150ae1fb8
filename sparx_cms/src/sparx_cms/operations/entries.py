"""Entries: created, changed, duplicated, and gone back with. None of it changes what is live."""

from __future__ import annotations

from sparx_cms.entries.claims import free_slug
from sparx_cms.entries.documents import back_to_live
from sparx_cms.errors.content_types import TypeDeprecated
from sparx_cms.errors.entries import (
    EntryArchived,
    NotPublished,
    SingletonExists,
    SlugTaken,
)
from sparx_cms.errors.schedules import EntryLocked
from sparx_cms.events.entries import EntryCreated, EntryUpdated
from sparx_cms.models.content_types import SINGLETON
from sparx_cms.models.entries import Entry
from sparx_cms.operations.drafts import (
    begin,
    change_fields,
    create_entry,
    new_entry,
    refuse_archived,
    save_draft,
)
from sparx_cms.operations.publishing import revision_of
from sparx_cms.reading.resource import EntryResource
from sparx_cms.schemas.entries import EntrySchema
from sparx_cms.schemas.entry_bodies import (
    EntryBodySchema,
    EntryChangesSchema,
    LanguagesSchema,
    RevertSchema,
)
from sparx_cms.types import Document, TypeDefinition, content_type, merged
from sparx_cms.types.definitions import SLUG
from sparx_core import Context, Duplicate, NotFound, ValidationFailed, Values

_TIMES = ("createdAt", "updatedAt", "publishedAt", "firstPublishedAt")

entries = EntryResource("entries", Entry, EntrySchema, filters=_TIMES, sorts=_TIMES, bulk=False)


@entries.create(
    body=EntryBodySchema,
    emits=[EntryCreated],
    raises=[ValidationFailed, SlugTaken, Duplicate, SingletonExists, TypeDeprecated],
)
def create(ctx: Context, data: Values) -> Entry:
    """Create an entry, as a draft. Values have to be of the types of their fields; what else keeps
    it from being published, such as a required field without a value, may wait.

    A slug that is not sent is made of its source field, with a number if another entry has it.
    """
    return create_entry(ctx, data)


@entries.update(
    body=EntryChangesSchema,
    emits=[EntryUpdated],
    raises=[ValidationFailed, SlugTaken, Duplicate, EntryArchived, EntryLocked],
)
def update(ctx: Context, entry: Entry, data: Values) -> Entry:
    """Save the draft of an entry in a new revision: fields that are absent stay, null clears. What
    is live stays as it is; without a difference nothing happens.
    """
    change_fields(ctx, entry, data)
    return entry


@entries.action(
    "duplicate", emits=[EntryCreated], raises=[ValidationFailed, SingletonExists, TypeDeprecated]
)
def duplicate(ctx: Context, entry: Entry) -> Entry:
    """Make a new draft with the values of an entry's draft: slugs get a number, and other values
    that must be unique are left out. Nothing of it is live.
    """
    type_ = content_type(ctx, entry.content_type)
    if type_.kind == SINGLETON:
        raise SingletonExists(str(entry.id))
    copy = new_entry(ctx, type_)
    document = _as_another(ctx, type_, entry.draft)
    return begin(ctx, copy, type_, document, kind="duplicated", added=entry.locales)


@entries.action(
    "revert",
    body=RevertSchema,
    emits=[EntryUpdated],
    raises=[NotFound, ValidationFailed, SlugTaken, Duplicate, EntryArchived, EntryLocked],
)
def revert(ctx: Context, entry: Entry, data: Values) -> Entry:
    """Make the draft what it was in an earlier revision. It becomes a new one: history stays."""
    if "revision_id" not in data:
        raise ValidationFailed([("revisionId", "Missing data for required field.")])
    type_ = content_type(ctx, entry.content_type)
    revision = revision_of(ctx, entry, data["revision_id"])
    document = merged(type_, revision.data, {})
    told = f"As in revision {revision.number}."
    save_draft(ctx, entry, type_, document, kind="restored", summary=told)
    return entry


@entries.action(
    "discard",
    body=LanguagesSchema,
    emits=[EntryUpdated],
    raises=[NotPublished, EntryArchived, EntryLocked, SlugTaken, Duplicate],
)
def discard(ctx: Context, entry: Entry, data: Values) -> Entry:
    """Make the draft again what is live, in some languages or all that are live. It becomes a new
    revision: history stays.
    """
    refuse_archived(entry)
    wanted = data.get("locales", entry.live_locales)
    back = [locale for locale in entry.live_locales if locale in wanted]
    if not back:
        raise NotPublished
    type_ = content_type(ctx, entry.content_type)
    document = merged(type_, back_to_live(type_, entry.draft, entry.live, back), {})
    save_draft(ctx, entry, type_, document, kind="discarded", summary="Back to what is live.")
    return entry


for _verb in ("revert", "discard"):
    entries.demand(_verb, version=True)


def _as_another(ctx: Context, type_: TypeDefinition, document: Document) -> Document:
    """A document without what belongs to one entry alone."""
    found: Document = {}
    for field_id, values in document.items():
        field = type_.by_id.get(field_id)
        if field is not None and field.type == SLUG and field.unique:
            found[field_id] = {
                locale: free_slug(ctx, field_id, locale, str(slug))
                for locale, slug in values.items()
            }
        elif field is None or not field.unique:
            found[field_id] = values
    return found

"""Drafts: every place that writes one comes here, and every save is a revision."""

from __future__ import annotations

from collections.abc import Iterable

from sparx_cms.entries.claims import claimed_by, free_slug, hold_claims
from sparx_cms.entries.documents import languages_of
from sparx_cms.entries.following import draft_saved
from sparx_cms.entries.languages import Languages, languages, settle
from sparx_cms.entries.links import note_links, targets_in
from sparx_cms.errors.content_types import TypeDeprecated
from sparx_cms.errors.entries import EntryArchived, SingletonExists
from sparx_cms.events.entries import EntryCreated, EntryUpdated
from sparx_cms.models.content_types import COMPONENT, DEPRECATED, SINGLETON, ContentType
from sparx_cms.models.entries import DRAFT, EVERY, Entry, EntryLocale, Revision
from sparx_cms.scheduling.locking import refuse_locked
from sparx_cms.types import (
    Document,
    TypeDefinition,
    content_type,
    load_values,
    locales,
    merged,
    starting_values,
    title_in,
)
from sparx_cms.types.definitions import SLUG
from sparx_core import Context, NotFound, ValidationFailed, Values


def create_entry(ctx: Context, data: Values, *, kind: str = "created") -> Entry:
    """Create an entry as a draft, of ``type``, ``fields`` by their keys, and perhaps a ``locale``
    and an ``external_id``. A slug that nobody sent is made of its source, and is free.

    Emits ``content.entry.created``. Raises ``ValidationFailed``, ``SlugTaken``, ``Duplicate``,
    ``SingletonExists`` and ``TypeDeprecated``.
    """
    type_ = _type_of_new(ctx, data["type"])
    locale = locale_of(ctx, data)
    sent = load_values(ctx, type_, data.get("fields", {}), locale)
    part = starting_values(type_, sent, locale)
    document = merged(type_, {}, _with_free_slugs(ctx, type_, part, sent))
    entry = new_entry(ctx, type_, data.get("external_id"))
    return begin(ctx, entry, type_, document, kind=kind, added=_written(ctx, locale, document))


def begin(
    ctx: Context,
    entry: Entry,
    type_: TypeDefinition,
    document: Document,
    *,
    kind: str,
    added: Iterable[str],
) -> Entry:
    """Write a new entry with its first revision."""
    ctx.insert(entry)
    rows = {one: ctx.insert(EntryLocale(entry=entry.id, locale=one)) for one in sorted(added)}
    _write(ctx, entry, type_, document, rows)
    ctx.insert(_revision(ctx, entry, kind, None))
    if claimed_by(type_, document):
        hold_claims(ctx, DRAFT, [(entry, type_, document)])
    if targets_in(type_, document):
        note_links(ctx, entry, type_, DRAFT, document)
    draft_saved(ctx, entry, type_, document)
    ctx.emit(EntryCreated(entry))
    return entry


def save_draft(
    ctx: Context,
    entry: Entry,
    type_: TypeDefinition,
    document: Document,
    *,
    kind: str = "saved",
    added: Iterable[str] = (),
    summary: str | None = None,
) -> Revision | None:
    """Make a document the draft of an entry, which is locked, in a new revision; None, and nothing
    happens, if it is what the draft is already. ``added`` are languages that the entry has now.

    Emits ``content.entry.updated``. Raises ``EntryArchived``, ``EntryLocked``, ``SlugTaken`` and
    ``Duplicate``.
    """
    refuse_archived(entry)
    before: Document = entry.draft
    fresh = (set(added) | languages_of(document)) - set(entry.locales)
    if document == before and not fresh:
        return None
    refuse_locked(ctx, entry)
    rows = languages(ctx, entry)
    for locale in sorted(fresh - rows.keys()):
        rows[locale] = ctx.insert(EntryLocale(entry=entry.id, locale=locale))
    _write(ctx, entry, type_, document, rows, number=int(entry.revision_number) + 1)
    revision = ctx.insert(_revision(ctx, entry, kind, summary))
    if claimed_by(type_, before) != claimed_by(type_, document):
        hold_claims(ctx, DRAFT, [(entry, type_, document)])
    if targets_in(type_, before) != targets_in(type_, document):
        note_links(ctx, entry, type_, DRAFT, document)
    draft_saved(ctx, entry, type_, document)
    ctx.emit(EntryUpdated(entry))
    return revision


def change_fields(ctx: Context, entry: Entry, data: Values) -> None:
    """Save the draft of an entry with some of its ``fields`` changed, in a ``locale``: those that
    are absent stay, null clears.
    """
    refuse_archived(entry)
    type_ = content_type(ctx, entry.content_type)
    locale = locale_of(ctx, data)
    part = load_values(ctx, type_, data.get("fields", {}), locale, kept=entry.draft)
    document = merged(type_, entry.draft, part)
    added = {locale} - {EVERY} if part else set()
    save_draft(ctx, entry, type_, document, added=added, summary=data.get("summary"))


def refuse_archived(entry: Entry) -> None:
    """Nothing is changed of an archived entry."""
    if entry.archived_at is not None:
        raise EntryArchived


def locale_of(ctx: Context, data: Values) -> str:
    """The language that values are in: the tenant's own unless they say another, ``*`` for values
    by language. ``ValidationFailed`` for one that the tenant does not have.
    """
    known = locales(ctx)
    locale: str = data.get("locale", known.default)
    if locale != EVERY and locale not in known.all:
        raise ValidationFailed([("locale", "There is no such language.")])
    return locale


# -- how ----------------------------------------------------------------------------------------


def _type_of_new(ctx: Context, key: str) -> TypeDefinition:
    """The type of an entry that is to be made, if it may be."""
    try:
        type_ = content_type(ctx, key)
    except NotFound:
        raise ValidationFailed([("type", "There is no such content type.")]) from None
    if type_.kind == COMPONENT:
        raise ValidationFailed([("type", "A component has no entries.")])
    return type_


def new_entry(ctx: Context, type_: TypeDefinition, external_id: str | None = None) -> Entry:
    """An entry of a type, not written yet. Raises ``TypeDeprecated`` and ``SingletonExists``."""
    if type_.state == DEPRECATED:
        raise TypeDeprecated
    author = str(ctx.actor)
    entry = Entry(
        content_type=type_.id,
        external_id=external_id,
        revision_number=1,
        created_by=author,
        updated_by=author,
    )
    if type_.kind == SINGLETON:
        # Two that are made at once take turns, so that the second is told of the first.
        ctx.get(ContentType, type_.id, lock=True)
        present = ctx.first(
            Entry.select(Entry.id).where(Entry.content_type == type_.id, Entry.sole, ~Entry.trashed)
        )
        if present is not None:
            raise SingletonExists(str(present.id))
        entry.sole = True
    return entry


def _write(
    ctx: Context,
    entry: Entry,
    type_: TypeDefinition,
    document: Document,
    rows: Languages,
    *,
    number: int = 1,
) -> None:
    known = locales(ctx)
    ctx.update(
        entry,
        **settle(ctx, type_, rows, document, entry.live),
        title=title_in(type_, document, known.chain(known.default)),
        revision_number=number,
        schema_version=type_.schema_version,
        updated_by=str(ctx.actor),
    )


def _revision(ctx: Context, entry: Entry, kind: str, summary: str | None) -> Revision:
    return Revision(
        entry=entry.id,
        number=entry.revision_number,
        data=entry.draft,
        schema_version=entry.schema_version,
        kind=kind,
        summary=summary,
        author=str(ctx.actor),
    )


def _written(ctx: Context, locale: str, document: Document) -> set[str]:
    """The languages of a new entry: one at least."""
    found = languages_of(document) | ({locale} - {EVERY})
    return found or {locales(ctx).default}


def _with_free_slugs(
    ctx: Context, type_: TypeDefinition, part: Document, sent: Document
) -> Document:
    """Values with those slugs made free that nobody sent, but were made of another field."""
    found = dict(part)
    for field in type_.by_id.values():
        if field.type != SLUG or not field.unique or field.id not in part:
            continue
        found[field.id] = {
            locale: slug if _is_sent(sent, field.id, locale) or not slug
            else free_slug(ctx, field.id, locale, slug)
            for locale, slug in part[field.id].items()
        }  # fmt: skip
    return found


def _is_sent(sent: Document, field: str, locale: str) -> bool:
    return sent.get(field, {}).get(locale) is not None

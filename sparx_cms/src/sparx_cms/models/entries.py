"""Entries, their revisions, and what of them is live in which language.

A document, in ``draft``, ``live`` and ``data``, holds values by the id of their field and by
language: ``{"<field id>": {"en": "Hello", "de": "Hallo"}}``. A field that is not localized has its
value under ``*`` in drafts and revisions, and under each live language in ``live``, because what
was published of a language stays as it was published.
"""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    TrashModel,
    check,
    default,
)

DRAFT, PUBLISHED, CHANGED, ARCHIVED = STATUSES = ("draft", "published", "changed", "archived")
_STATUS = "status IN ('draft', 'published', 'changed', 'archived')"
#: What of an entry a claim or a link is of.
LIVE = "live"
STAGES = (DRAFT, LIVE)
_STAGE = "stage IN ('draft', 'live')"
#: The language of what is not localized.
EVERY = "*"


class Entry(TrashModel):
    """A piece of content: what is being worked on in ``draft``, what readers see in ``live``.

    ``status`` is derived from its languages: draft (nothing is live), published (what is live is
    the newest), changed (something newer waits), archived.
    """

    content_type = Reference("cms.content_types")
    #: True for the entry of a singleton: there is one.
    sole = BooleanField(null=True)
    draft = JsonField(constraints=[default("'{}'")])
    live = JsonField(null=True)
    locales = TextArrayField(constraints=[default("'{}'")])
    live_locales = TextArrayField(constraints=[default("'{}'")])
    #: The display field of the draft, in the tenant's own language.
    title = TextField(null=True)
    status = TextField(constraints=[default("'draft'"), check(_STATUS)])
    stage = TextField(null=True)
    #: The number of its newest revision.
    revision_number = IntegerField(constraints=[default("1")])
    schema_version = IntegerField(constraints=[default("1")])
    published_at = TimestampField(null=True)
    first_published_at = TimestampField(null=True)
    archived_at = TimestampField(null=True)
    #: Under which an import knows it.
    external_id = TextField(null=True)
    created_by = TextField()
    updated_by = TextField()

    class Meta:
        schema = "cms"
        table_name = "entries"
        indexes = (
            (("content_type", "sole"), True),
            (("external_id",), True),
            (("content_type", "status"), False),
            # Lists of a type in the order of creation; and all that their totals look at.
            (("content_type", "id", "trashed", "archived_at", "live_locales"), False),
        )


class Revision(TenantModel):
    """An entry's whole draft as it was saved once, and pruned one day. It is never changed, but
    that values of fields which were deleted are taken out.
    """

    entry = Reference("cms.entries", on_delete="CASCADE")
    number = IntegerField()
    data = JsonField()
    schema_version = IntegerField()
    #: What made it: created, saved, restored, discarded, imported, migrated.
    kind = TextField()
    summary = TextField(null=True)
    author = TextField()

    class Meta:
        schema = "cms"
        table_name = "revisions"
        indexes = ((("entry", "number"), True),)


class EntryLocale(TenantModel):
    """An entry in one language: which revision of it is live there."""

    entry = Reference("cms.entries", on_delete="CASCADE")
    locale = TextField()
    status = TextField(
        constraints=[default("'draft'"), check("status IN ('draft', 'published', 'changed')")]
    )
    live_revision = Reference("cms.revisions", null=True)
    #: The version that the entry had when this went live.
    live_version = IntegerField(null=True)
    published_at = TimestampField(null=True)
    first_published_at = TimestampField(null=True)
    #: The path of its live page, and of the draft's.
    live_path = TextField(null=True)
    path = TextField(null=True)

    class Meta:
        schema = "cms"
        table_name = "entry_locales"
        indexes = ((("entry", "locale"), True), (("live_path",), False))


class Claim(TenantModel):
    """A value that no other entry may have in its field, language and stage: slugs, above all.

    ``value`` is the text itself up to 200 characters, and beyond that its SHA-256.
    """

    entry = Reference("cms.entries", on_delete="CASCADE")
    field = TextField()
    locale = TextField()
    stage = TextField(constraints=[check(_STAGE)])
    value = TextField()

    class Meta:
        schema = "cms"
        table_name = "claims"
        indexes = (
            (("field", "locale", "stage", "value"), True),
            (("entry", "stage"), False),
        )


class Link(TenantModel):
    """That an entry refers to another, from its draft or from what is live of it."""

    entry = Reference("cms.entries", on_delete="CASCADE")
    stage = TextField(constraints=[check(_STAGE)])
    field = TextField()
    locale = TextField()
    position = IntegerField()
    target = Reference("cms.entries")

    class Meta:
        schema = "cms"
        table_name = "links"
        indexes = ((("entry", "stage"), False), (("target", "stage"), False))


class FieldValue(TenantModel):
    """A value of an entry's draft, or of what is live of it, as lists that are narrowed find it.

    ``term`` is the id of the field, ``=`` and the value: of text the first 100 characters, and of a
    number a text that sorts as it does. One column has both, so that PostgreSQL knows how values
    are spread within a field. Of a list of values each has a row. A trigger on entries writes them.
    """

    entry = Reference("cms.entries", on_delete="CASCADE")
    stage = TextField(constraints=[check(_STAGE)])
    locale = TextField()
    term = TextField()

    class Meta:
        schema = "cms"
        table_name = "field_values"
        indexes = (
            (("stage", "locale", "term", "entry"), True),
            (("entry", "stage"), False),
        )

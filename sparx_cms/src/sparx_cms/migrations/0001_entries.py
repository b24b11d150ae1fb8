"""Content types, locales, entries and their revisions."""

from typing import Any

from peewee import BooleanField, Database, IntegerField, TextField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    TrashModel,
    check,
    create_tables,
    default,
)


class ContentType(TenantModel):
    key = TextField()
    name = TextField()
    plural_name = TextField()
    description = TextField(null=True)
    icon = TextField(null=True)
    kind = TextField(
        constraints=[
            default("'collection'"),
            check("kind IN ('collection', 'singleton', 'component')"),
        ]
    )
    display_field = TextField(null=True)
    url_pattern = TextField(null=True)
    fields = JsonField(constraints=[default("'[]'")])
    stages = JsonField(constraints=[default("'[]'")])
    state = TextField(constraints=[default("'active'"), check("state IN ('active', 'deprecated')")])
    built_in = BooleanField(constraints=[default("false")])
    schema_version = IntegerField(constraints=[default("1")])

    class Meta:
        schema = "cms"
        table_name = "content_types"
        indexes = ((("key",), True),)


class Locale(TenantModel):
    code = TextField()
    name = TextField()
    fallback = TextField(null=True, constraints=[check("fallback <> code")])
    is_default = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "cms"
        table_name = "locales"
        indexes = ((("code",), True),)


class Entry(TrashModel):
    content_type = Reference("cms.content_types")
    sole = BooleanField(null=True)
    draft = JsonField(constraints=[default("'{}'")])
    live = JsonField(null=True)
    locales = TextArrayField(constraints=[default("'{}'")])
    live_locales = TextArrayField(constraints=[default("'{}'")])
    title = TextField(null=True)
    status = TextField(
        constraints=[
            default("'draft'"),
            check("status IN ('draft', 'published', 'changed', 'archived')"),
        ]
    )
    stage = TextField(null=True)
    revision_number = IntegerField(constraints=[default("1")])
    schema_version = IntegerField(constraints=[default("1")])
    published_at = TimestampField(null=True)
    first_published_at = TimestampField(null=True)
    archived_at = TimestampField(null=True)
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
    entry = Reference("cms.entries", on_delete="CASCADE")
    number = IntegerField()
    data = JsonField()
    schema_version = IntegerField()
    kind = TextField()
    summary = TextField(null=True)
    author = TextField()

    class Meta:
        schema = "cms"
        table_name = "revisions"
        indexes = ((("entry", "number"), True),)


class EntryLocale(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    locale = TextField()
    status = TextField(
        constraints=[default("'draft'"), check("status IN ('draft', 'published', 'changed')")]
    )
    live_revision = Reference("cms.revisions", null=True)
    live_version = IntegerField(null=True)
    published_at = TimestampField(null=True)
    first_published_at = TimestampField(null=True)
    live_path = TextField(null=True)
    path = TextField(null=True)

    class Meta:
        schema = "cms"
        table_name = "entry_locales"
        indexes = ((("entry", "locale"), True), (("live_path",), False))


class Claim(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    field = TextField()
    locale = TextField()
    stage = TextField(constraints=[check("stage IN ('draft', 'live')")])
    value = TextField()

    class Meta:
        schema = "cms"
        table_name = "claims"
        indexes = (
            (("field", "locale", "stage", "value"), True),
            (("entry", "stage"), False),
        )


class Link(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    stage = TextField(constraints=[check("stage IN ('draft', 'live')")])
    field = TextField()
    locale = TextField()
    position = IntegerField()
    target = Reference("cms.entries")

    class Meta:
        schema = "cms"
        table_name = "links"
        indexes = ((("entry", "stage"), False), (("target", "stage"), False))


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [ContentType, Locale, Entry, Revision, EntryLocale, Claim, Link])

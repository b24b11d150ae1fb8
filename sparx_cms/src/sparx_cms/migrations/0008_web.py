"""Redirects, menus, taxonomies, sites, the text of entries that is searched, and what changed."""

from pathlib import Path
from typing import Any

from peewee import BigIntegerField, BooleanField, Database, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    create_tables,
    default,
)


class Redirect(TenantModel):
    source = TextField()
    host = TextField(null=True)
    from_path = TextField()
    to_path = TextField(null=True)
    to_url = TextField(null=True)
    to_entry = Reference("cms.entries", null=True, on_delete="CASCADE")
    to_locale = TextField(null=True)
    arrival = TextField(null=True)
    status_code = IntegerField(
        constraints=[default("301"), check("status_code IN (301, 302, 307, 308)")]
    )
    preserve_query = BooleanField(constraints=[default("false")])
    enabled = BooleanField(constraints=[default("true")])
    origin = TextField(constraints=[default("'manual'"), check("origin IN ('auto', 'manual')")])

    class Meta:
        schema = "cms"
        table_name = "redirects"
        constraints = (check("num_nonnulls(to_path, to_url, to_entry_id) = 1"),)
        indexes = (
            (("source",), True),
            (("from_path",), False),
            (("arrival",), False),
            (("to_entry",), False),
        )


class Menu(TenantModel):
    key = TextField()
    name = TextField()
    items = JsonField(constraints=[default("'[]'")])

    class Meta:
        schema = "cms"
        table_name = "menus"
        indexes = ((("key",), True),)


class Taxonomy(TenantModel):
    key = TextField()
    name = TextField()
    plural_name = TextField()
    hierarchical = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "cms"
        table_name = "taxonomies"
        indexes = ((("key",), True),)


class Term(TenantModel):
    taxonomy = Reference("cms.taxonomies")
    parent = Reference("cms.terms", null=True)
    slug = TextField()
    name = TextField()
    description = TextField(null=True)

    class Meta:
        schema = "cms"
        table_name = "terms"
        indexes = ((("taxonomy", "slug"), True), (("parent",), False))


class EntryTerm(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    term = Reference("cms.terms", on_delete="CASCADE")

    class Meta:
        schema = "cms"
        table_name = "entry_terms"
        indexes = ((("entry", "term"), True), (("term", "entry"), False))


class Site(TenantModel):
    host = TextField()
    title = TextField()
    description = TextField(null=True)
    locale = TextField(null=True)
    indexed = BooleanField(constraints=[default("true")])
    disallowed = TextArrayField(constraints=[default("'{}'")])

    class Meta:
        schema = "cms"
        table_name = "sites"
        indexes = ((("host",), True),)


class SearchDocument(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    stage = TextField(constraints=[check("stage IN ('draft', 'live')")])
    locale = TextField()
    title = TextField()
    text = TextField()
    terms = TextArrayField(constraints=[default("'{}'")])

    class Meta:
        schema = "cms"
        table_name = "search_documents"
        indexes = ((("entry", "stage", "locale"), True),)


class Change(TenantModel):
    entry = UUIDField()
    content_type = Reference("cms.content_types", on_delete="CASCADE")
    xid = BigIntegerField(constraints=[default("0")])
    changed_at = TimestampField(constraints=[default("now()")])

    class Meta:
        schema = "cms"
        table_name = "changes"
        indexes = ((("entry",), True), (("xid", "entry"), False))


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Redirect, Menu, Taxonomy, Term, EntryTerm, Site, SearchDocument, Change])
    # Not through execute_sql's parameters: the script may have percent signs of its own.
    db.connection().cursor().execute(Path(__file__).with_suffix(".sql").read_text())

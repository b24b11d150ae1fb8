"""Taxonomies, their terms, and which entries have which."""

from __future__ import annotations

from peewee import BooleanField, TextField

from sparx_core import Reference, TenantModel, default


class Taxonomy(TenantModel):
    """A way to sort entries, whatever their type: by topic, by audience."""

    key = TextField()
    name = TextField()
    plural_name = TextField()
    hierarchical = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "cms"
        table_name = "taxonomies"
        indexes = ((("key",), True),)


class Term(TenantModel):
    """A term of a taxonomy; in one that is hierarchical, under another one or at the top."""

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
    """An entry has a term. It is no part of the entry's content: it holds at once, and in every
    language.
    """

    entry = Reference("cms.entries", on_delete="CASCADE")
    term = Reference("cms.terms", on_delete="CASCADE")

    class Meta:
        schema = "cms"
        table_name = "entry_terms"
        indexes = ((("entry", "term"), True), (("term", "entry"), False))

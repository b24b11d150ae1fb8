"""The text of entries, to be searched."""

from __future__ import annotations

from peewee import TextField

from sparx_core import Reference, TenantModel, TextArrayField, check, default


class SearchDocument(TenantModel):
    """All the text of an entry in one language: of its draft, or of what is live of it.

    A trigger makes ``terms`` of it: the words as they are, and their stems in that language.
    """

    entry = Reference("cms.entries", on_delete="CASCADE")
    stage = TextField(constraints=[check("stage IN ('draft', 'live')")])
    locale = TextField()
    title = TextField()
    text = TextField()
    terms = TextArrayField(constraints=[default("'{}'")])

    class Meta:
        schema = "cms"
        table_name = "search_documents"
        searched = True
        indexes = ((("entry", "stage", "locale"), True),)

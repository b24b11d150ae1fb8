"""Saved views."""

from __future__ import annotations

from peewee import BooleanField, TextField

from sparx_core.db.fields import JsonField, default
from sparx_core.db.models import TenantModel


class SavedView(TenantModel):
    """The query of a list under a name. ``created_by`` alone sees one that is not ``shared``."""

    resource = TextField()
    name = TextField()
    query = JsonField()
    shared = BooleanField(constraints=[default("false")])
    created_by = TextField()

    class Meta:
        schema = "core"
        table_name = "views"
        indexes = ((("resource", "name", "created_by"), True),)

"""The origins that a tenant allows."""

from __future__ import annotations

from peewee import TextField

from sparx_core.db.models import TenantModel


class Origin(TenantModel):
    """An origin whose pages may read what the API answers to keys of the tenant."""

    origin = TextField()

    class Meta:
        schema = "core"
        table_name = "origins"
        indexes = ((("origin",), True),)
        owner_access = True

"""Members, and what a tenant has decided for all of them."""

from __future__ import annotations

from peewee import BooleanField, TextField

from sparx_core.db.fields import default
from sparx_core.db.models import TenantModel


class Member(TenantModel):
    """Somebody who works for the tenant. Those of one ``team`` may see each other's records."""

    name = TextField()
    email = TextField(null=True)
    team = TextField(null=True)
    active = BooleanField(constraints=[default("true")])

    class Meta:
        schema = "core"
        table_name = "members"
        indexes = ((("email",), True), (("team",), False))


class TenantSettings(TenantModel):
    """The one row of what a tenant has decided; a tenant that decided nothing has none."""

    timezone = TextField()
    single = BooleanField(constraints=[default("true")])

    class Meta:
        schema = "core"
        table_name = "tenant_settings"
        indexes = ((("single",), True),)

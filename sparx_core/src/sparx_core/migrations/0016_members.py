"""The people who work for a tenant, and its settings."""

from typing import Any

from peewee import BooleanField, Database, TextField

from sparx_core.db.fields import default
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class Member(TenantModel):
    name = TextField()
    email = TextField(null=True)
    team = TextField(null=True)
    active = BooleanField(constraints=[default("true")])

    class Meta:
        schema = "core"
        table_name = "members"
        indexes = ((("email",), True), (("team",), False))


class TenantSettings(TenantModel):
    timezone = TextField()
    single = BooleanField(constraints=[default("true")])

    class Meta:
        schema = "core"
        table_name = "tenant_settings"
        indexes = ((("single",), True),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Member, TenantSettings])

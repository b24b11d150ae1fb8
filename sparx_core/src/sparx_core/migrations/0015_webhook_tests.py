"""The hosts that tests of webhooks went to."""

from typing import Any

from peewee import Database, TextField

from sparx_core.db.fields import TimestampField, default
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class WebhookTestHost(TenantModel):
    host = TextField()
    tested_at = TimestampField(constraints=[default("clock_timestamp()")])

    class Meta:
        schema = "core"
        table_name = "webhook_test_hosts"
        indexes = ((("host",), True),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [WebhookTestHost])

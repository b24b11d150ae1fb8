"""The audit log, and who acts with a key that is the system's own."""

from typing import Any

from peewee import Database, IntegerField, TextField, UUIDField

from sparx_core.db.fields import JsonTextField
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class AuditEntry(TenantModel):
    action = TextField()
    resource = TextField()
    resource_id = UUIDField()
    resource_version = IntegerField(null=True)
    changes = JsonTextField()
    actor_type = TextField()
    actor_id = UUIDField(null=True)
    actor_name = TextField(null=True)
    operation = TextField(null=True)
    request_id = TextField(null=True)

    class Meta:
        schema = "core"
        table_name = "audit_entries"


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [AuditEntry])
    db.execute_sql("ALTER TABLE core.credentials ADD COLUMN IF NOT EXISTS actor text")
    # A signed context lists active modules with commas, and says moving:<module> of one whose rows
    # come and go unrecorded: no activation may spell that.
    db.execute_sql(
        "ALTER TABLE core.activations DROP CONSTRAINT IF EXISTS activations_module_check"
    )
    db.execute_sql(
        "ALTER TABLE core.activations ADD CONSTRAINT activations_module_check"
        " CHECK (module !~ '[^a-z0-9_]')"
    )

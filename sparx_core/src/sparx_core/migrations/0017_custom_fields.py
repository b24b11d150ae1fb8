"""Fields that tenants define themselves, and lists that they keep under a name."""

from typing import Any

from peewee import BooleanField, Database, DecimalField, TextField, UUIDField

from sparx_core.db.fields import JsonField, Reference, check, default
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class CustomFieldRow(TenantModel):
    resource = TextField()
    key = TextField()
    label = TextField()
    description = TextField(null=True)
    type = TextField(
        constraints=[
            check(
                "type IN ('text', 'number', 'date', 'datetime', 'boolean', 'select', 'multiselect',"
                " 'money', 'url', 'email', 'phone', 'reference')"
            )
        ]
    )
    is_required = BooleanField(constraints=[default("false")])
    is_unique = BooleanField(constraints=[default("false")])
    options = JsonField(constraints=[default("'[]'")])
    minimum = DecimalField(max_digits=24, decimal_places=6, null=True)
    maximum = DecimalField(max_digits=24, decimal_places=6, null=True)
    target = TextField(null=True)
    state = TextField(constraints=[default("'active'"), check("state IN ('active', 'deleting')")])

    class Meta:
        schema = "core"
        table_name = "custom_fields"
        indexes = ((("resource", "key"), True),)


class CustomUnique(TenantModel):
    field = Reference("core.custom_fields", on_delete="CASCADE")
    value = TextField()
    row_id = UUIDField()

    class Meta:
        schema = "core"
        table_name = "custom_uniques"
        indexes = ((("field", "value"), True), (("row_id",), False))


class SavedView(TenantModel):
    resource = TextField()
    name = TextField()
    query = JsonField()
    shared = BooleanField(constraints=[default("false")])
    created_by = TextField()

    class Meta:
        schema = "core"
        table_name = "views"
        indexes = ((("resource", "name", "created_by"), True),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [CustomFieldRow, CustomUnique, SavedView])
    # Goes up with each change of the tables above: readers keep what they say until then.
    db.execute_sql(
        "ALTER TABLE core.tenants ADD COLUMN IF NOT EXISTS declarations bigint NOT NULL DEFAULT 0"
    )

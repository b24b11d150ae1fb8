"""Definitions of custom fields, and the values of those that are unique."""

from __future__ import annotations

from peewee import BooleanField, DecimalField, TextField, UUIDField

from sparx_core.db.fields import JsonField, Reference, check, default
from sparx_core.db.models import TenantModel

TEXT, NUMBER, DATE, DATETIME, BOOLEAN = "text", "number", "date", "datetime", "boolean"
SELECT, MULTISELECT, MONEY, REFERENCE = "select", "multiselect", "money", "reference"
URL, EMAIL, PHONE = "url", "email", "phone"
TYPES = (
    *(TEXT, NUMBER, DATE, DATETIME, BOOLEAN, SELECT),
    *(MULTISELECT, MONEY, URL, EMAIL, PHONE, REFERENCE),
)
#: ``deleting``: its values are being taken out of the rows, and it cannot be used any more.
ACTIVE, DELETING = "active", "deleting"


class CustomFieldRow(TenantModel):
    """A field of one tenant's rows of ``resource``; the values are in their column ``custom``."""

    resource = TextField()
    key = TextField()
    label = TextField()
    description = TextField(null=True)
    type = TextField(constraints=[check(f"type IN ({', '.join(map(repr, TYPES))})")])
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
        owner_access = True


class CustomUnique(TenantModel):
    """A value of a unique custom field, and the row that has it. Triggers keep them."""

    field = Reference("core.custom_fields", on_delete="CASCADE")
    value = TextField()
    row_id = UUIDField()

    class Meta:
        schema = "core"
        table_name = "custom_uniques"
        indexes = ((("field", "value"), True), (("row_id",), False))
        grants = "SELECT"
        owner_access = True

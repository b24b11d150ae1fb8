"""The entries of the audit log. Only triggers write them; nobody changes one."""

from __future__ import annotations

from peewee import IntegerField, TextField, UUIDField

from sparx_core.db.fields import JsonTextField
from sparx_core.db.models import TenantModel

ACTIONS = CREATED, UPDATED, DELETED = ("created", "updated", "deleted")


class AuditEntry(TenantModel):
    """What one statement changed of one resource.

    ``actor_name`` is that of a handler or of the system; keys have an id. What the columns hold is
    left to the triggers that write them: a constraint would cost each write a tenth of its entry.
    """

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
        grants = "SELECT"
        owner_access = True

"""What is stored of a key. Its secret's digest is in ``core.credentials``, out of reach."""

from __future__ import annotations

from peewee import TextField, UUIDField

from sparx_core.db.fields import Reference, TextArrayField, TimestampField, check, default
from sparx_core.db.models import TenantModel


class ApiKey(TenantModel):
    """An API key of a tenant."""

    name = TextField()
    key_id = TextField()
    last4 = TextField()
    scopes = TextArrayField()
    expires_at = TimestampField(null=True)
    revoked_at = TimestampField(null=True)
    last_used_at = TimestampField(null=True)
    replaced_by = UUIDField(null=True)
    member = Reference("core.members", null=True)
    hidden_fields = TextArrayField(constraints=[default("'{}'")])
    visibility = TextField(
        constraints=[default("'all'"), check("visibility IN ('all', 'team', 'own')")]
    )

    class Meta:
        schema = "core"
        table_name = "api_keys"
        owner_access = True

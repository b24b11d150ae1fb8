"""What is stored of a link. Its token's digest is in ``core.link_credentials``, out of reach."""

from __future__ import annotations

from peewee import TextField, UUIDField

from sparx_core.db.fields import TextArrayField, TimestampField
from sparx_core.db.models import TenantModel


class Link(TenantModel):
    """A link to a row of ``resource``: whoever has its token may do what ``abilities`` name."""

    resource = TextField()
    row_id = UUIDField()
    abilities = TextArrayField()
    expires_at = TimestampField(null=True)
    revoked_at = TimestampField(null=True)

    class Meta:
        schema = "core"
        table_name = "links"
        indexes = ((("row_id",), False),)
        grants = "SELECT, INSERT, UPDATE"
        owner_access = True

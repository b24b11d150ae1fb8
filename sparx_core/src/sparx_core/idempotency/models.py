"""The answers of writes that came with an idempotency key."""

from __future__ import annotations

from peewee import BlobField, BooleanField, IntegerField

from sparx_core.db.fields import JsonTextField
from sparx_core.db.models import TenantModel


class IdempotencyKey(TenantModel):
    """A key that a client used, and what it was answered.

    ``id`` is made of the operation and the key, so that the primary key finds it. The row is
    inserted by the message that commits the write.
    """

    fingerprint = BlobField()
    status = IntegerField()
    headers = JsonTextField()
    body = BlobField()
    #: Encrypted, because it holds a secret that is shown once.
    sealed = BooleanField()

    class Meta:
        schema = "core"
        table_name = "idempotency_keys"
        indexes = ((("created_at",), False),)
        grants = "SELECT, INSERT"
        owner_access = True

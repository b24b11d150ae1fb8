"""The idempotency keys of writes, with what they were answered."""

from typing import Any

from peewee import BlobField, BooleanField, Database, IntegerField

from sparx_core.db.fields import JsonTextField
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class IdempotencyKey(TenantModel):
    fingerprint = BlobField()
    status = IntegerField()
    headers = JsonTextField()
    body = BlobField()
    sealed = BooleanField()

    class Meta:
        schema = "core"
        table_name = "idempotency_keys"
        indexes = ((("created_at",), False),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [IdempotencyKey])

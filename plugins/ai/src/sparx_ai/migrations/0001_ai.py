"""Settings of agents, their calls and plans."""

from typing import Any

from peewee import BooleanField, Database, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    create_tables,
    default,
)


class Settings(TenantModel):
    enabled = BooleanField(constraints=[default("true")])
    read_only = BooleanField(constraints=[default("false")])
    allow_deletes = BooleanField(constraints=[default("false")])
    toolsets = TextArrayField(null=True)
    writes_per_hour = IntegerField(constraints=[default("1000"), check("writes_per_hour >= 0")])
    single = BooleanField(constraints=[default("true")])

    class Meta:
        schema = "ai"
        table_name = "settings"
        indexes = ((("single",), True),)


class KeySettings(TenantModel):
    key = Reference("core.api_keys", on_delete="CASCADE")
    enabled = BooleanField(constraints=[default("true")])
    read_only = BooleanField(constraints=[default("false")])
    allow_deletes = BooleanField(constraints=[default("true")])
    toolsets = TextArrayField(null=True)
    writes_per_hour = IntegerField(null=True, constraints=[check("writes_per_hour >= 0")])

    class Meta:
        schema = "ai"
        table_name = "key_settings"
        indexes = ((("key",), True),)


class Call(TenantModel):
    key_id = UUIDField()
    key_name = TextField()
    tool = TextField()
    operation = TextField(null=True)
    risk = TextField()
    arguments = JsonField(constraints=[default("'{}'")])
    arguments_hash = TextField()
    outcome = TextField(constraints=[check("outcome IN ('done', 'planned', 'refused')")])
    error_code = TextField(null=True)
    replayed = BooleanField(constraints=[default("false")])
    hits = IntegerField(constraints=[default("0")])
    affected = JsonField(constraints=[default("'[]'")])
    milliseconds = IntegerField(constraints=[default("0")])
    plan_id = UUIDField(null=True)
    idempotency_key = TextField(null=True)
    client = TextField(null=True)
    request_id = TextField(null=True)

    class Meta:
        schema = "ai"
        table_name = "calls"
        indexes = ((("key_id", "created_at"), False),)
        grants = "SELECT, INSERT"


class Plan(TenantModel):
    key_id = UUIDField()
    operation = TextField()
    arguments_hash = TextField()
    changes_hash = TextField()
    secret = TextField()
    expires_at = TimestampField()
    used_at = TimestampField(null=True)

    class Meta:
        schema = "ai"
        table_name = "plans"
        indexes = ((("key_id", "expires_at"), False),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Settings, KeySettings, Call, Plan])

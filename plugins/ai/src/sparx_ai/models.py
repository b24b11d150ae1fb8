"""What is stored about agents: what they may do, what they did, what they are about to do."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    default,
)

#: Rows that agents may change with one key within an hour, if nobody said otherwise.
DEFAULT_WRITES = 1_000
MAX_WRITES = 1_000_000
OUTCOMES = DONE, PLANNED, REFUSED = ("done", "planned", "refused")


class Settings(TenantModel):
    """The one row of what a tenant has decided; a tenant that decided nothing has none."""

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
    """What was decided for one key, which can only be less than the tenant allows."""

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
    """A call of a tool. Nobody changes one; ``hits`` are the rows that it changed."""

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
    """What a call would do, as a dry run told; ``secret`` signs the token that applies it."""

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

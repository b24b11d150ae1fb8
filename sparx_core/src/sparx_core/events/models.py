"""The outbox: events, and one delivery for each handler of an active module."""

from __future__ import annotations

from peewee import SQL, BigIntegerField, BooleanField, IntegerField, TextField, UUIDField

from sparx_core.db.fields import (
    JsonTextField,
    TimestampField,
    TransactionIdField,
    check,
    default,
)
from sparx_core.db.models import TenantModel

#: How deep events may be emitted by handlers of events, which stops loops.
MAX_DEPTH = 16


class EventRow(TenantModel):
    """A fact, append-only. ``position`` orders the events of an aggregate.

    Webhooks may have those that are ``public``; a ``test`` is an example that somebody asked for,
    and no fact. ``xid`` tells a reader of all events which of them are not committed yet.
    """

    position = BigIntegerField(constraints=[SQL("GENERATED ALWAYS AS IDENTITY")])
    type = TextField()
    event_version = IntegerField()
    aggregate_type = TextField()
    aggregate_id = UUIDField()
    actor = TextField()
    request_id = TextField(null=True)
    depth = IntegerField()
    data = JsonTextField()
    occurred_at = TimestampField(constraints=[default("clock_timestamp()")])
    public = BooleanField(default=False, constraints=[default("false")])
    test = BooleanField(default=False, constraints=[default("false")])
    xid = TransactionIdField(constraints=[default("pg_current_xact_id()")])

    class Meta:
        schema = "core"
        table_name = "events"
        indexes = ((("aggregate_id", "position"), False), (("xid", "position"), False))
        grants = "SELECT, INSERT"
        owner_access = True


class Schedule(TenantModel):
    """When a module's periodic work is due next in the tenant."""

    task = TextField()
    module = TextField()
    due_at = TimestampField()

    class Meta:
        schema = "core"
        table_name = "schedules"
        indexes = ((("task",), True),)
        grants = "SELECT"
        owner_access = True


class Delivery(TenantModel):
    """The work of one handler for one event: its lease, its attempts, its outcome."""

    event_id = UUIDField()
    event_type = TextField()
    handler = TextField()
    module = TextField()
    aggregate_id = UUIDField()
    position = BigIntegerField()
    state = TextField(
        constraints=[
            default("'pending'"),
            check("state IN ('pending', 'running', 'retry', 'done', 'dead', 'blocked', 'skipped')"),
        ]
    )
    attempt = IntegerField(constraints=[default("0")])
    due_at = TimestampField(constraints=[default("clock_timestamp()")])
    #: When somebody was last told of it; the sweeper tells again after a while.
    rung_at = TimestampField(null=True, constraints=[default("clock_timestamp()")])
    lease_until = TimestampField(null=True)
    token = UUIDField(null=True)
    last_error = TextField(null=True)
    finished_at = TimestampField(null=True)
    #: How far a handler of the core is that works row by row.
    rows_done = BigIntegerField(null=True)
    rows_total = BigIntegerField(null=True)

    class Meta:
        schema = "core"
        table_name = "deliveries"
        indexes = ((("event_id",), False),)
        owner_access = True

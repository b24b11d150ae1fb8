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

DELIVERY_STATES = PENDING, RUNNING, RETRY, DONE, DEAD, BLOCKED, SKIPPED = (
    "pending",
    "running",
    "retry",
    "done",
    "dead",
    "blocked",
    "skipped",
)


class EventRow(TenantModel):
    """A fact, append-only. ``position`` orders the events of an aggregate.

    Webhooks may have those that are ``public``; a ``test`` is an example that somebody asked for,
    and no fact. Readers of all events get them by ``xid``, the transaction after which an event
    comes (``db/feed.sql``), and ``position``: by the first they know which may still be under way.
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
            check(f"state IN ({', '.join(repr(one) for one in DELIVERY_STATES)})"),
        ]
    )
    attempt = IntegerField(constraints=[default("0")])
    due_at = TimestampField(constraints=[default("clock_timestamp()")])
    #: When somebody was last told of it; the sweeper tells again after a while.
    rung_at = TimestampField(null=True, constraints=[default("clock_timestamp()")])
    lease_until = TimestampField(null=True)
    token = UUIDField(null=True)
    last_error = TextField(null=True)
    #: When it was over: done, dead or skipped.
    finished_at = TimestampField(null=True)
    #: Claims in a row of which nobody said what became of them; after three it runs alone.
    unanswered = IntegerField(constraints=[default("0")])
    quarantined_at = TimestampField(null=True)
    #: Whether it is a task that somebody scheduled, pending once for its row.
    scheduled = BooleanField(default=False, constraints=[default("false")])
    #: Whether, dead, it holds back later events of its row.
    holds_back = BooleanField(default=False, constraints=[default("false")])
    #: How far a handler of the core is that works row by row.
    rows_done = BigIntegerField(null=True)
    rows_total = BigIntegerField(null=True)
    #: The job that asked for it, of an event that was there before.
    replay_id = UUIDField(null=True)

    class Meta:
        schema = "core"
        table_name = "deliveries"
        indexes = ((("event_id",), False),)
        owner_access = True

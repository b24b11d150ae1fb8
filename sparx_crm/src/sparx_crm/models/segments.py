"""Segments: groups of customers by rules, and who is in them."""

from __future__ import annotations

from peewee import IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Machine,
    Reference,
    TenantModel,
    TimestampField,
    Transition,
    check,
    default,
)
from sparx_crm.models.customers import one_of

SEGMENT_KINDS = ("dynamic", "frozen")
SEGMENT_MACHINE = Machine(
    "status",
    {
        "archive": Transition(("active",), "archived"),
        "unarchive": Transition(("archived",), "active"),
    },
)


class Segment(TenantModel):
    """A segment. Members of a ``dynamic`` one come and go; those of a ``frozen`` one stay."""

    name = TextField()
    description = TextField(null=True)
    color = TextField(null=True)
    rules = JsonField()
    kind = TextField(constraints=[default("'dynamic'"), check(one_of("kind", SEGMENT_KINDS))])
    status = TextField(
        constraints=[default("'active'"), check(one_of("status", SEGMENT_MACHINE.states))]
    )
    #: Of those that every tenant begins with, which.
    built_in = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "segments"
        indexes = ((("name",), True),)


class SegmentMember(TenantModel):
    """A customer is in a segment."""

    segment = Reference("crm.segments", on_delete="CASCADE")
    customer = Reference("crm.customers", on_delete="CASCADE")
    entered_at = TimestampField()

    class Meta:
        schema = "crm"
        table_name = "segment_members"
        indexes = ((("segment", "customer"), True),)


class SegmentRun(TenantModel):
    """The recomputation of a segment: the last one, or the one that is under way.

    ``after`` is the last customer that was looked at. A run is over when ``finished_at`` is there.
    """

    segment = Reference("crm.segments", on_delete="CASCADE")
    after = UUIDField(null=True)
    entered = IntegerField(constraints=[default("0")])
    exited = IntegerField(constraints=[default("0")])
    started_at = TimestampField()
    finished_at = TimestampField(null=True)

    class Meta:
        schema = "crm"
        table_name = "segment_runs"
        indexes = ((("segment",), True),)

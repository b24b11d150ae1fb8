"""Segments, who is in them, and their recomputations."""

from typing import Any

from peewee import Database, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TimestampField,
    check,
    create_tables,
    default,
)


class Segment(TenantModel):
    name = TextField()
    description = TextField(null=True)
    color = TextField(null=True)
    rules = JsonField()
    kind = TextField(constraints=[default("'dynamic'"), check("kind IN ('dynamic', 'frozen')")])
    status = TextField(constraints=[default("'active'"), check("status IN ('active', 'archived')")])
    built_in = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "segments"
        indexes = ((("name",), True),)


class SegmentMember(TenantModel):
    segment = Reference("crm.segments", on_delete="CASCADE")
    customer = Reference("crm.customers", on_delete="CASCADE")
    entered_at = TimestampField()

    class Meta:
        schema = "crm"
        table_name = "segment_members"
        indexes = ((("segment", "customer"), True),)


class SegmentRun(TenantModel):
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


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Segment, SegmentMember, SegmentRun])

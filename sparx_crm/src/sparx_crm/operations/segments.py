"""Segments: created, changed, frozen, archived, deleted, tried out; and their members."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from peewee import SQL, Expression, Function, Select

from sparx_core import Context, Resource, ValidationFailed, Values, operation
from sparx_crm.errors.segments import SegmentIsArchived, SegmentIsFrozen
from sparx_crm.events.segments import (
    SegmentArchived,
    SegmentCreated,
    SegmentDeleted,
    SegmentFrozen,
    SegmentUnarchived,
    SegmentUpdated,
)
from sparx_crm.models.segments import SEGMENT_MACHINE, Segment, SegmentMember
from sparx_crm.schemas.segments import (
    NewSegmentSchema,
    PreviewedSchema,
    PreviewSchema,
    SegmentMemberSchema,
    SegmentSchema,
)
from sparx_crm.segments.membership import CUSTOMERS, matching
from sparx_crm.segments.recomputing import request_run
from sparx_crm.segments.rules import read_rules

segments = Resource(
    "segments",
    Segment,
    SegmentSchema,
    machine=SEGMENT_MACHINE,
    search=("name",),
    filters=("name", "kind", "status", "createdAt"),
    sorts=("createdAt", "name"),
    bulk=False,
)
segment_members = Resource(
    "segment_members",
    SegmentMember,
    SegmentMemberSchema,
    filters=("segmentId", "customerId", "enteredAt"),
    sorts=("enteredAt",),
    bulk=False,
)
#: Who comes and goes is told by events.
segment_members.audited = False
segments.derive(deleted=SegmentDeleted)


@segments.create(body=NewSegmentSchema, emits=[SegmentCreated], raises=[])
def create_segment(ctx: Context, data: Values) -> Segment:
    """Create a segment. A worker finds its members at once; those of a `frozen` one stay then."""
    read_rules(ctx, data["rules"])
    segment = ctx.insert(Segment(**data))
    ctx.emit(SegmentCreated(segment))
    request_run(ctx, segment)
    return segment


@segments.update(emits=[SegmentUpdated], raises=[SegmentIsFrozen])
def update_segment(ctx: Context, segment: Segment, data: Values) -> Segment:
    """Change a segment; absent fields stay. With other rules a worker looks at all customers."""
    changed = {name for name, value in data.items() if getattr(segment, name) != value}
    if "rules" in data:
        read_rules(ctx, data["rules"])
        if "rules" in changed and segment.kind == "frozen":
            raise SegmentIsFrozen
    ctx.update(segment, **data)
    if changed:
        ctx.emit(SegmentUpdated(segment))
    if "rules" in changed and segment.status == "active":
        request_run(ctx, segment)
    return segment


@segments.action("freeze", emits=[SegmentFrozen], raises=[SegmentIsFrozen, SegmentIsArchived])
def freeze_segment(ctx: Context, segment: Segment) -> Segment:
    """Fix the members: a worker looks at all customers once more, and then nobody enters or exits.

    There is no way back; another segment can be created with the same rules.
    """
    _refuse(segment)
    ctx.update(segment, kind="frozen")
    ctx.emit(SegmentFrozen(segment))
    request_run(ctx, segment)
    return segment


@segments.action("recompute", raises=[SegmentIsFrozen, SegmentIsArchived])
def recompute(ctx: Context, segment: Segment) -> Segment:
    """Have a worker look at all customers now, from the first one on. `recomputing` is true until
    it did.
    """
    _refuse(segment)
    request_run(ctx, segment)
    return segment


@segments.transition("archive", emits=[SegmentArchived])
def archive_segment(ctx: Context, segment: Segment) -> Segment:
    """Put a segment aside. Its members stay in it, and nobody else enters."""
    ctx.update(segment, status=SEGMENT_MACHINE.target("archive"))
    ctx.emit(SegmentArchived(segment))
    return segment


@segments.transition("unarchive", emits=[SegmentUnarchived])
def unarchive_segment(ctx: Context, segment: Segment) -> Segment:
    """Take a segment up again. A worker brings a dynamic one up to date."""
    ctx.update(segment, status=SEGMENT_MACHINE.target("unarchive"))
    ctx.emit(SegmentUnarchived(segment))
    if segment.kind == "dynamic":
        request_run(ctx, segment)
    return segment


@operation(
    "POST",
    "/segments/preview",
    name="segments.preview",
    module="crm",
    scope="read:crm",
    body=PreviewSchema,
    answer=PreviewedSchema,
    raises=[ValidationFailed],
    shared=True,
)
def preview_segment(ctx: Context, data: Values) -> Values:
    """Try rules out: how many customers match now, exactly, and some of them. Nothing is stored."""
    told = matching(read_rules(ctx, data["rules"]), datetime.now(UTC), ctx.today())
    living: Any = Expression(CUSTOMERS.c.trashed, "=", SQL("false"))
    counts = Select(
        [CUSTOMERS],
        [
            Function("count", (SQL("*"),)).alias("total"),
            Function("count", (SQL("*"),)).filter(told).alias("matching"),
        ],
    ).where(living)
    total, count = ctx.first(counts.tuples())
    sample = []
    if count and data["sample_size"]:
        columns = [CUSTOMERS.c.id, CUSTOMERS.c.name, CUSTOMERS.c.email]
        newest = Select([CUSTOMERS], columns).where(told)
        newest = newest.order_by(CUSTOMERS.c.updated_at.desc(), CUSTOMERS.c.id.desc())
        sample = list(ctx.all(newest.limit(data["sample_size"]).dicts()))
    return {"count": count, "total": total, "sample": sample}


def _refuse(segment: Segment) -> None:
    if segment.status == "archived":
        raise SegmentIsArchived
    if segment.kind == "frozen":
        raise SegmentIsFrozen

"""Who is in which segment: looked at, compared with what is stored, and changed with its events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from peewee import SQL, Expression, NodeList, Select, Table

from sparx_core import Context, Scope
from sparx_crm.events.segments import SegmentEntered, SegmentExited
from sparx_crm.models.segments import Segment, SegmentMember
from sparx_crm.segments.rules import Rule, stored_rules
from sparx_crm.segments.sql import condition

CUSTOMERS = Table("customers", schema="crm", alias="c")


def matching(rule: Rule, now: datetime, today: date) -> Any:
    """The condition on rows of ``CUSTOMERS`` that a rule holds, and that they are no trash."""
    told = condition(rule, Scope(CUSTOMERS), now, today)
    return NodeList((SQL("(NOT"), CUSTOMERS.c.trashed, SQL("AND"), told, SQL(")")))


def change_chunk(
    ctx: Context, segment: Segment, after: UUID | None, size: int, now: datetime
) -> tuple[UUID | None, int, int]:
    """Bring the members among the next ``size`` customers up to date, with an event for each who
    enters or exits: the last customer looked at, None if there are no more; how many entered, and
    how many exited. The caller has locked the memberships.
    """
    (rule,) = stored_rules(ctx, [segment.rules])
    told = matching(rule, now, ctx.today())
    customers = Select([CUSTOMERS], [CUSTOMERS.c.id, told.alias("told"), _member(segment.id)])
    if after is not None:
        customers = customers.where(Expression(CUSTOMERS.c.id, ">", after))
    rows = ctx.all(customers.order_by(CUSTOMERS.c.id).limit(size).tuples())
    entered = [row_id for row_id, holds, member in rows if holds and member is None]
    exited = [member for _, holds, member in rows if not holds and member is not None]
    enter(ctx, [(segment.id, one) for one in entered], now)
    left = leave(ctx, exited)
    last = rows[-1][0] if len(rows) == size else None
    return last, len(entered), left


def _member(segment: UUID) -> Any:
    members = Table("segment_members", schema="crm", alias="m")
    return (
        Select([members], [members.c.id])
        .where(
            Expression(members.c.segment_id, "=", segment),
            Expression(members.c.customer_id, "=", CUSTOMERS.c.id),
        )
        .alias("member")
    )


def change_customer(
    ctx: Context, customer: UUID, segments: Sequence[Segment], now: datetime
) -> None:
    """Bring a customer's memberships of dynamic segments up to date. The caller has locked them."""
    found = ctx.all(SegmentMember.select().where(SegmentMember.customer == customer))
    members = {one.segment: one for one in found}
    today = ctx.today()
    told = [
        matching(rule, now, today).alias(f"told{place}")
        for place, rule in enumerate(stored_rules(ctx, [one.rules for one in segments]))
    ]
    rows = ctx.all(
        Select([CUSTOMERS], told).where(Expression(CUSTOMERS.c.id, "=", customer)).tuples()
    )
    holds = dict(zip((one.id for one in segments), rows[0], strict=True)) if rows else {}
    enter(ctx, [(one, customer) for one, told in holds.items() if told and one not in members], now)
    leave(ctx, [members[one].id for one, told in holds.items() if not told and one in members])


def enter(ctx: Context, pairs: Sequence[tuple[UUID, UUID]], now: datetime) -> None:
    """Let customers enter segments."""
    for segment, customer in pairs:
        member = ctx.insert(SegmentMember(segment=segment, customer=customer, entered_at=now))
        ctx.emit(SegmentEntered(member))
    # The events of those who exit are told beside the deletion; these before it.
    ctx.flush()


def leave(ctx: Context, ids: Sequence[UUID]) -> int:
    """Let members exit; how many of them were still there."""
    members = ctx.lock(SegmentMember, "id", ids)
    for member in members:
        ctx.delete(member)
        ctx.emit(SegmentExited(member))
    ctx.flush()
    return len(members)

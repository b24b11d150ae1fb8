"""Looking at one customer again, soon after something changed that rules may speak of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sparx_core import Context, scheduled
from sparx_crm.models.customers import Customer
from sparx_crm.models.segments import Segment
from sparx_crm.segments.lock import lock_memberships
from sparx_crm.segments.membership import change_customer

#: Changes that follow one another so closely are looked at together.
DELAY = timedelta(seconds=2)
#: Rules that are asked in one statement.
AT_ONCE = 25


def reconsider(ctx: Context, *customers: UUID) -> None:
    """Have the memberships of customers looked at a little later, if there is a dynamic segment.

    Whatever changes a customer without a ``customer.*`` event calls this.
    """
    if customers and ctx.first(_dynamic().limit(1)) is not None:
        for one in customers:
            ctx.schedule(reconsider_customer, Customer(id=one), at=datetime.now(UTC) + DELAY)


@scheduled
def reconsider_customer(ctx: Context, customer: UUID) -> None:
    """Bring the memberships of a customer up to date. Done again, it finds nothing to do."""
    lock_memberships(ctx)
    segments = ctx.all(_dynamic())
    for begin in range(0, len(segments), AT_ONCE):
        change_customer(ctx, customer, segments[begin : begin + AT_ONCE], datetime.now(UTC))


def _dynamic() -> Any:
    live = (Segment.kind == "dynamic") & (Segment.status == "active")
    return Segment.select().where(live).order_by(Segment.id)

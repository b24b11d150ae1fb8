"""Tasks of single rows: noted for a time, and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sparx_core.db.models import TenantModel, table_of

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.events.types import Task

_SCHEDULE = "SELECT core.schedule_task(%s, %s, %s, %s::uuid, %s::timestamptz, %s, %s)"
_UNSCHEDULE = "SELECT core.unschedule_task(%s, %s::uuid)"


def schedule_task(ctx: Context, task: Task, row: TenantModel, at: datetime) -> None:
    """Note a registered task of a row; if it is due already, the commit rings for it."""
    if at.utcoffset() is None:
        raise ValueError("at needs a time zone")
    about = (task.name, task.module, table_of(type(row)), str(row.id))
    delivery = ctx.transaction.scalar(
        _SCHEDULE, (*about, at.isoformat(), ctx.request_id, ctx.depth)
    )
    if at <= datetime.now(at.tzinfo):
        ctx.transaction.deliveries.append(delivery)


def unschedule_task(ctx: Context, task: Task, row: TenantModel) -> bool:
    """Take it back; False if it is not pending."""
    return bool(ctx.transaction.scalar(_UNSCHEDULE, (task.name, str(row.id))))

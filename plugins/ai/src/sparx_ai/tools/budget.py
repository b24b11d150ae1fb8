"""How many rows agents may change with a key within an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peewee import fn

from sparx_ai.errors import WriteBudgetExceeded
from sparx_ai.models import DONE, Call
from sparx_ai.visit import Visit
from sparx_core import Context

_HOUR = timedelta(hours=1)


def spend(context: Context, visit: Visit, rows: int) -> None:
    """Refuse if the rows that were changed here are more than is left. What is counted is what was
    committed, so those who write with one key take turns.
    """
    context.transaction.take_turns(f"ai.budget {visit.key_row}")
    now = datetime.now(UTC)
    changed, first = context.first(
        Call.select(fn.coalesce(fn.sum(Call.hits), 0), fn.min(Call.created_at))
        .where(
            Call.key_id == visit.key_row,
            Call.outcome == DONE,
            Call.hits > 0,
            Call.created_at > now - _HOUR,
        )
        .tuples()
    )
    limit = visit.access.writes_per_hour
    if changed + rows > limit:
        wait = 3600 if first is None else max(1, round((first + _HOUR - now).total_seconds()))
        raise WriteBudgetExceeded(limit, changed, wait)

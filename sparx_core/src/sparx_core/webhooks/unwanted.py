"""What of events of the past a subscription is not sent, when they are sent once more."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sparx_core.context import Context

_UNWANTED = """
SELECT e.id, s.id
  FROM core.events e JOIN core.webhook_subscriptions s ON s.tenant_id = e.tenant_id
 WHERE e.id = ANY (%s::uuid[]) AND s.id = ANY (%s::uuid[])
   AND s.filter IS NOT NULL AND NOT core.passes_filter(s.filter, e.data)
"""
_ON_THE_WAY = """
SELECT d.event_id, d.subscription_id FROM core.webhook_deliveries d
 WHERE d.event_id = ANY (%s::uuid[]) AND d.subscription_id = ANY (%s::uuid[])
   AND d.state IN ('pending', 'sending', 'delivered')
"""
# The newest body, to the byte: a receiver may have seen a part of it.
_KEEP_BODIES = """
UPDATE core.webhook_deliveries d
   SET body = (SELECT o.body FROM core.webhook_deliveries o
                WHERE o.event_id = d.event_id AND o.subscription_id = d.subscription_id
                  AND o.body IS NOT NULL
                ORDER BY o.id DESC LIMIT 1)
 WHERE d.replay_id = %s AND d.event_id = ANY (%s::uuid[]) AND d.body IS NULL
"""


def unwanted(
    ctx: Context, events: Sequence[UUID], subscriptions: Sequence[str], *, missing: bool
) -> set[tuple[UUID, UUID]]:
    """(event, subscription) of what a filter leaves out and, if only what is ``missing`` is wanted,
    of what has arrived or is on its way.
    """
    if not events or not subscriptions:
        return set()
    asked = ([str(one) for one in events], list(subscriptions))
    database = ctx.transaction.database
    found = set(database.execute_sql(_UNWANTED, asked).fetchall())
    if missing:
        found |= set(database.execute_sql(_ON_THE_WAY, asked).fetchall())
    return found


def keep_bodies(ctx: Context, replay: UUID, events: Sequence[UUID]) -> None:
    """Have deliveries of a replay send what was sent of their events before."""
    ctx.flush()
    ids = [str(one) for one in events]
    ctx.transaction.database.execute_sql(_KEEP_BODIES, (str(replay), ids))

"""What a transaction that is still open has changed so far, as the audit log has it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from peewee import SQL

from sparx_core.audit.models import AuditEntry
from sparx_core.context import Context
from sparx_core.ids import first_uuid7


@dataclass(frozen=True)
class Change:
    """A row of a resource that was changed. ``version`` is the one that it has now, or had when it
    was deleted; None for a row without one.
    """

    resource: str
    id: UUID
    action: str
    version: int | None


def changes_made(context: Context) -> list[Change]:
    """What the open transaction of a request has changed, in the order in which it did: rows that
    cascades and guards changed, too. What only handlers will change later is not among it, nor are
    resources that are not audited.
    """
    context.flush()
    began = context.transaction.scalar("SELECT now()")
    entry = AuditEntry
    # Ids begin with the time, so the primary key finds the few that are as new.
    rows = context.all(
        entry.select(entry.resource, entry.resource_id, entry.action, entry.resource_version)
        .where(
            entry.id >= first_uuid7(began),
            entry.created_at >= SQL("now()"),
            entry.request_id == (context.request_id or "")[:255],
            entry.actor_id == context.actor.id,
        )
        .order_by(entry.id)
        .tuples()
    )
    return [Change(*row) for row in rows]

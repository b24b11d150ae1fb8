"""What is kept for a time and then deleted: a worker looks now and then, and deletes in batches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from sparx_core.db.connection import Database
from sparx_core.deprecation.calls import KEEP_DAYS
from sparx_core.idempotency.claim import KEEP_HOURS
from sparx_core.settings import Settings

log = structlog.get_logger(__name__)

#: Seconds between two looks, and rows that one statement deletes at most.
LOOK_SECONDS, BATCH = 600.0, 5_000
#: Statements of one look, so that a worker with a great deal to delete goes on with other work.
BATCHES = 20


@dataclass(frozen=True)
class Kept:
    """Something that is kept for a time. ``statement`` deletes some of what is older, in all
    tenants, and answers with how many rows; its parameters are the time and the most of them.
    """

    name: str
    statement: str
    time: float


def kept(settings: Settings) -> list[Kept]:
    """All that is kept for a time, with the time of this installation."""
    found = [Kept("idempotency_keys", "SELECT core.forget_keys(%s, %s)", KEEP_HOURS)]
    found.append(Kept("job_rows", "SELECT core.forget_job_rows(%s, %s)", settings.job_days))
    found.append(Kept("jobs", "SELECT core.forget_jobs(%s, %s)", settings.job_days))
    calls = "SELECT core.forget_deprecated_calls(%s, %s)"
    found.append(Kept("deprecated_calls", calls, KEEP_DAYS))
    if settings.audit_days:
        found.append(
            Kept("audit_entries", "SELECT core.forget_entries(%s, %s)", settings.audit_days)
        )
    for name, dead, days in (
        ("deliveries", "false", settings.delivery_days),
        ("dead_deliveries", "true", settings.dead_delivery_days),
    ):
        if days:
            found.append(Kept(name, f"SELECT core.forget_deliveries(%s, %s, {dead})", days))
    if settings.event_days:
        found.append(Kept("events", "SELECT core.forget_events(%s, %s)", settings.event_days))
    for name, function in (("webhooks", "forget_webhooks"), ("attempts", "forget_attempts")):
        found.append(Kept(name, f"SELECT core.{function}(%s, %s)", settings.webhook_days))
    return found


class Retention:
    """Deletes what is too old. Every worker has one; they skip each other's rows."""

    def __init__(self, dispatch: Database, everything: Sequence[Kept]) -> None:
        self.dispatch, self.everything = dispatch, everything
        # Not at once: workers that start together would look together.
        self._looked = time.monotonic()

    def look(self) -> None:
        """Delete what is too old, if it is time to look again."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        for one in self.everything:
            self.delete(one)

    def delete(self, one: Kept) -> int:
        """Delete what is too old of something; how many rows."""
        deleted = 0
        for _ in range(BATCHES):
            ((count,),) = self.dispatch.call(one.statement, (one.time, BATCH))
            deleted += count
            if count < BATCH:
                break
        if deleted:
            log.info("deleted_old_rows", of=one.name, rows=deleted)
        return deleted

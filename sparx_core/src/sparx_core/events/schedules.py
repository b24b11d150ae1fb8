"""Periodic work: a row in each tenant says when it is due, and becomes a delivery then."""

from __future__ import annotations

import time
from collections.abc import Iterable
from uuid import UUID

from sparx_core.db.connection import Database
from sparx_core.events.types import Periodic
from sparx_core.json import encode

#: How often a worker looks for work that is due, and for tenants that began or ceased to have it.
RUN_SECONDS, PLAN_SECONDS = 5.0, 30.0
#: Runs begun at one look.
AT_MOST = 500

_PLAN = "SELECT core.plan_schedules(%s)"
_RUN = "SELECT tenant_id, id FROM core.run_schedules(%s, %s)"


class Schedules:
    """The periodic work that is installed here. Every worker looks; rows are taken once."""

    def __init__(self, dispatch: Database, tasks: Iterable[Periodic]) -> None:
        self.dispatch = dispatch
        told = [{"name": one.name, "module": one.module, "seconds": one.seconds} for one in tasks]
        self._tasks = encode(told).decode() if told else None
        self._planned = self._ran = -PLAN_SECONDS

    def due(self) -> list[tuple[UUID, UUID]]:
        """Deliveries (tenant, id) of what has become due, if it is time to look again."""
        now = time.monotonic()
        if self._tasks is None or now - self._ran < RUN_SECONDS:
            return []
        self._ran = now
        if now - self._planned >= PLAN_SECONDS:
            self._planned = now
            self.plan()
        return self.run()

    def plan(self) -> None:
        """Bring the tenants' schedules in line with their active modules."""
        if self._tasks is not None:
            self.dispatch.call(_PLAN, (self._tasks,))

    def run(self) -> list[tuple[UUID, UUID]]:
        """Make deliveries of what is due now."""
        if self._tasks is None:
            return []
        return [(tenant, one) for tenant, one in self.dispatch.call(_RUN, (self._tasks, AT_MOST))]

"""Working events off inside a test, by the path that a worker takes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from sparx_core.events.dispatch import Dispatcher
    from sparx_core.runtime import Runtime
    from sparx_core.testing.owner import Owner

#: More than a test leaves lying about.
_ALL = 1_000_000
#: More than events cause one another, which the core stops long before, and than a job has steps.
_ROUNDS = 10_000


class DeliveryRun:
    """A worker without its threads: it sweeps, claims, enters and handles when it is told to.

    Only the deliveries of the tenants of this test, and of their sandboxes, are touched. What is
    due later, such as the next attempt after a failure, stays; let time pass with
    :meth:`make_due`.
    """

    def __init__(self, runtime: Runtime, owner: Owner, tenants: list[UUID]) -> None:
        from sparx_core.db.connection import Database
        from sparx_core.events.dispatch import Dispatcher

        self.owner = owner
        self._made = tenants
        self.database = Database(runtime.urls.dispatch)
        self.dispatcher: Dispatcher = Dispatcher(
            runtime, self.database, runtime.settings.lease_seconds
        )

    @property
    def tenants(self) -> list[UUID]:
        """Read anew each time, so that tenants made later are among them."""
        found = self.owner.rows(
            "SELECT id FROM core.tenants WHERE id = ANY(%s) OR live_id = ANY(%s)",
            self._made,
            self._made,
        )
        return [tenant for (tenant,) in found]

    def __call__(self) -> int:
        """Work off all that is due, and what that causes; how many attempts it took."""
        began = self._attempts()
        for _ in range(_ROUNDS):
            before = self._moves()
            self.dispatcher.deliver(self.due())
            if self._moves() == before:
                return self._attempts() - began
        raise AssertionError(f"there is still something to do after {_ROUNDS} rounds")

    def finish_modules(self) -> None:
        """Let modules become what they are on their way to: their rows archived, or back."""
        for _ in range(_ROUNDS):
            due = self.owner.rows(
                "SELECT tenant_id, id FROM core.deliveries WHERE tenant_id = ANY(%s)"
                " AND module = 'core' AND state IN ('pending', 'retry')"
                " AND due_at <= clock_timestamp() ORDER BY position",
                self.tenants,
            )
            if not due:
                return
            self.dispatcher.deliver([f"{tenant}/{delivery}" for tenant, delivery in due])

    def periodic(self, task: str) -> int:
        """Run a module's periodic work, ``loyalty.expire_points``, as if it were due now."""
        from sparx_core.events.schedules import Schedules

        registry = self.dispatcher.runtime.registry
        schedules = Schedules(self.database, [registry.periodic[task]])
        schedules.plan()
        self.owner.execute(
            "UPDATE core.schedules SET due_at = CASE WHEN tenant_id = ANY(%s)"
            " THEN clock_timestamp() ELSE clock_timestamp() + interval '1 day' END WHERE task = %s"
            " AND (tenant_id = ANY(%s) OR due_at < clock_timestamp() + interval '1 hour')",
            self.tenants,
            task,
            self.tenants,
        )
        schedules.run()
        return self()

    def due(self) -> list[str]:
        """What the sweeper finds for these tenants, as a doorbell message names it."""
        with self.database.transaction("SELECT 1"):
            found = self.database.execute_sql(
                "SELECT tenant_id, id FROM core.sweep_deliveries(%s, %s, %s)", (0.0, _ALL, _ALL)
            ).fetchall()
        chosen = set(self.tenants)
        return [f"{tenant}/{delivery}" for tenant, delivery in sorted(found) if tenant in chosen]

    def make_due(self) -> None:
        """Let the time pass that failed deliveries wait, and leases run."""
        self.owner.execute(
            "UPDATE core.deliveries SET due_at = clock_timestamp(),"
            " lease_until = least(lease_until, clock_timestamp()) WHERE tenant_id = ANY(%s)",
            self.tenants,
        )

    def states(self) -> dict[str, int]:
        """How many deliveries of these tenants are in which state."""
        return dict(
            self.owner.rows(
                "SELECT state, count(*) FROM core.deliveries WHERE tenant_id = ANY(%s) GROUP BY 1",
                self.tenants,
            )
        )

    def close(self) -> None:
        self.database.close()

    def _moves(self) -> tuple[int, object]:
        """What changes with every attempt, also that of work that goes on afterwards."""
        ((attempts, moved),) = self.owner.rows(
            "SELECT coalesce(sum(attempt), 0), max(updated_at) FROM core.deliveries"
            " WHERE tenant_id = ANY(%s)",
            self.tenants,
        )
        return attempts, moved

    def _attempts(self) -> int:
        return int(
            self.owner.value(
                "SELECT coalesce(sum(attempt), 0) FROM core.deliveries WHERE tenant_id = ANY(%s)",
                self.tenants,
            )
        )

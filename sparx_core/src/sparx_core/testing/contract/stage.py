"""Where a module is tried: tenants with rows, clients with keys, and what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sparx_core.app import create_app
from sparx_core.db.models import table_of
from sparx_core.resources import CORE
from sparx_core.runtime import Runtime
from sparx_core.testing.api import Api
from sparx_core.testing.contract.calls import Call, Refusal, calls_of
from sparx_core.testing.contract.scene import Scene
from sparx_core.testing.deliveries import DeliveryRun
from sparx_core.testing.owner import Owner
from sparx_core.testing.tenants import TenantMaker

if TYPE_CHECKING:
    from sparx_core.testing.contract.subject import Subject

#: Tasks that are scheduled for so soon are a part of what a handler does.
_LET_PASS = """
UPDATE core.deliveries SET due_at = clock_timestamp()
 WHERE tenant_id = ANY(%s) AND scheduled AND state = 'pending'
   AND due_at < clock_timestamp() + interval '1 minute'
"""
#: Rows that are made of each resource.
ROWS = 3


class Stage:
    """Tenants for one module; they have nothing active but what it requires and listens to."""

    def __init__(self, subject: Subject, runtime: Runtime) -> None:
        self.subject, self.runtime = subject, runtime
        self.owner = Owner(runtime.urls.require_owner())
        self.app = subject.app or create_app(runtime)
        self.anonymous = Api(self.app)
        self.make_tenant = TenantMaker(runtime, [*subject.heard, subject.key])
        self.run_events = DeliveryRun(runtime, self.owner, self.make_tenant.made)
        self._schemas = {CORE, *subject.required, *subject.heard, subject.key}

    def settle(self) -> None:
        """Work off what is due or is soon, twice over: one may schedule the other.

        In all tenants: what comes due in another one meanwhile would be taken for a consequence.
        """
        self.run_events()
        for _ in range(2):
            self.owner.execute(_LET_PASS, self.make_tenant.made)
            self.run_events()

    def close(self) -> None:
        self.run_events.close()
        self.owner.close()

    # -- tenants ---------------------------------------------------------------------------

    def scene(self, name: str, *, rows: int = ROWS, active: bool = True) -> Scene:
        """A new tenant, with rows of each resource of the module if that is ``active``."""
        modules = [*self.subject.required, *self.subject.heard]
        tenant = self.make_tenant(name, modules=[*modules, self.subject.key] if active else modules)
        scene = Scene(self, tenant, self.anonymous.with_key(tenant.api_key))
        for resource in self.subject.resources if active else ():
            if resource.exposed:
                scene.fill(resource, rows)
        return scene

    @cached_property
    def home(self) -> Scene:
        """The tenant in which most is tried."""
        return self.scene("home")

    @cached_property
    def other(self) -> Scene:
        """Another tenant with rows of its own."""
        return self.scene("other")

    @cached_property
    def closed(self) -> Scene:
        """A tenant that has what the module requires, and not the module."""
        return self.scene("closed", active=False)

    def key_for(self, *scopes: str) -> Api:
        """A client of ``home`` with these scopes alone."""
        made = self.home.api.post("/v1/keys", {"name": "contract", "scopes": scopes})
        return self.anonymous.with_key(made.data["key"])

    # -- calls -----------------------------------------------------------------------------

    @cached_property
    def calls(self) -> list[Call]:
        """Everything of the module that can be called under ``/v1``."""
        return calls_of(self.subject, self.app)

    def refused(self, refusals: Sequence[Refusal]) -> Iterator[str]:
        """What is wrong with the answers to calls that must be refused and write nothing."""
        before = self.written()
        for one in refusals:
            yield from one.wrong(one.send())
        if not self.changed(before):
            return
        culprits = []
        for one in refusals:
            before = self.written()
            one.send()
            changed = self.changed(before)
            if changed:
                culprits.append(f"{one} wrote to {', '.join(changed)}")
        yield from culprits or ["something was written, though not when it was tried again"]

    # -- what was written ------------------------------------------------------------------

    def written(self) -> dict[str, Any]:
        """What every table holds that the module can know of, to compare later."""
        return dict(self.owner.fingerprint(self.make_tenant.made, self._schemas))

    def changed(self, before: dict[str, Any], *, without: Sequence[str] = ()) -> list[str]:
        """The tables that hold something else now."""
        after = self.written()
        return sorted(
            name for name in before if before[name] != after.get(name) and name not in without
        )

    def rows(self, tenant: UUID) -> dict[str, list[str]]:
        """Every row that a tenant has in the module's tables, as JSON."""
        return {
            table: [
                row
                for (row,) in self.owner.rows(
                    f"SELECT to_jsonb(t)::text FROM {table} t WHERE tenant_id = %s ORDER BY id",
                    tenant,
                )
            ]
            for table in map(table_of, self.subject.models)
        }

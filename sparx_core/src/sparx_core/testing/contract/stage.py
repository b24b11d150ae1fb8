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
from sparx_core.testing.api import Answer, Api
from sparx_core.testing.contract.calls import Call, calls_of
from sparx_core.testing.contract.scene import Scene
from sparx_core.testing.deliveries import DeliveryRun
from sparx_core.testing.owner import Owner
from sparx_core.testing.tenants import TenantMaker

if TYPE_CHECKING:
    from sparx_core.testing.contract.subject import Subject

#: The request id of every call, so that two equal answers are equal to the byte.
_HEADERS = {"X-Request-Id": "contract"}
#: Rows that are made of each resource.
ROWS = 3


class Stage:
    """Tenants for one module; they have nothing active but what it requires and listens to."""

    def __init__(self, subject: Subject, runtime: Runtime) -> None:
        self.subject, self.runtime = subject, runtime
        self.owner = Owner(runtime.urls.require_owner())
        self.app = create_app(runtime)
        self.anonymous = Api(self.app)
        self.make_tenant = TenantMaker(runtime, [*subject.heard, subject.key])
        self.run_events = DeliveryRun(runtime, self.owner, self.make_tenant.made)
        self._schemas = {CORE, *subject.required, *subject.heard, subject.key}

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

    def send(
        self, client: Api, call: Call, row_id: str | None = None, body: Any = None, query: str = ""
    ) -> Answer:
        """One call, about a row if it is about one."""
        sent = call.example if body is None else body
        return client.request(
            call.method,
            call.path(row_id),
            json=sent if call.writes else None,
            query=query or None,
            headers=_HEADERS,
        )

    def refused(
        self,
        client: Api,
        call: Call,
        expected: tuple[int, str],
        how: str,
        **sent: Any,
    ) -> Iterator[str]:
        """What is wrong with the refusal of a call, which must have written nothing."""
        before = self.written()
        answer = self.send(client, call, **sent)
        told = code_of(answer)
        if (answer.status, told) != expected:
            status, code = expected
            yield f"{call} {how} is answered with {answer.status} {told}, not {status} {code}"
        changed = self.changed(before)
        if changed:
            yield f"{call} {how} wrote to {', '.join(changed)}"

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


def code_of(answer: Answer) -> str:
    """The error code of an answer, or what it is instead."""
    try:
        body = answer.json
    except ValueError:
        return "and no JSON"
    error = body.get("error") if isinstance(body, dict) else None
    return str(error["code"]) if isinstance(error, dict) and "code" in error else "and no error"

"""Tenants for one test."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from sparx_core.runtime import Runtime
    from sparx_core.tenants import NewTenant

#: What workers look through, whosever it is.
_QUEUES = {
    "core.deliveries": ("pending", "retry", "running", "blocked"),
    "core.webhook_deliveries": ("pending", "sending"),
}
#: What a thread of the test is still at is left alone.
_FORGET = """
DELETE FROM {table} d USING (
    SELECT tenant_id, id FROM {table}
     WHERE state = ANY(%s) AND tenant_id IN (
           SELECT id FROM core.tenants WHERE id = ANY(%s::uuid[]) OR live_id = ANY(%s::uuid[]))
       FOR UPDATE SKIP LOCKED) left_over
 WHERE (d.tenant_id, d.id) = (left_over.tenant_id, left_over.id)
"""


class TenantMaker:
    """Makes tenants, and knows which it made: ``new_tenant(currency="JPY", modules=["crm"])``."""

    def __init__(self, runtime: Runtime, modules: Sequence[str]) -> None:
        self.runtime = runtime
        self.modules = list(modules)
        #: The ids of the tenants of this test so far.
        self.made: list[UUID] = []

    def __call__(self, slug: str = "tenant", **options: Any) -> NewTenant:
        """``options`` are those of :func:`sparx_core.tenants.create_tenant`."""
        from sparx_core.tenants import create_tenant

        unique = f"{slug}-{secrets.token_hex(5)}"
        made = create_tenant(self.runtime, unique, **{"modules": self.modules, **options})
        self.made.append(made.tenant_id)
        return made

    def leave_nothing_to_do(self) -> None:
        """Forget what is undone in these tenants, for which there is no further use: each test that
        has work done would have to pass over what all before it have left.
        """
        from sparx_core.testing.installation import Installation

        if not self.made or not isinstance(self.runtime, Installation):
            return
        made = [str(tenant) for tenant in self.made]
        with self.runtime.as_owner() as database, database.atomic():
            database.execute_sql("SET LOCAL ROLE NONE")
            for table, states in _QUEUES.items():
                database.execute_sql(_FORGET.format(table=table), (list(states), made, made))

"""Tenants for one test."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from sparx_core.runtime import Runtime
    from sparx_core.tenants import NewTenant


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

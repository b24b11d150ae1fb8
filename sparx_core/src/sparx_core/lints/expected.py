"""What the installed modules and ``kernel.sql`` say that there should be in the database."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sparx_core.audit.tables import audited_tables, parent_tables
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import EMPTIED, predicate_of
from sparx_core.lints.kernel import kernel_functions
from sparx_core.lints.shared import SHARED
from sparx_core.lints.text import normalized
from sparx_core.registry import Registry
from sparx_core.resources import CORE


def expected(registry: Registry) -> str:
    """The document that the queries of the lints take as their parameter, as JSON."""
    searched = registry.searched_tables() | parent_tables(registry)
    return json.dumps(
        {
            "schemas": [*registry.modules, *(one.key for one in registry.quarantined)],
            "policy": normalized(predicate_of("{module}")),
            "emptied": normalized(EMPTIED),
            "tables": [
                _TENANTS,
                *(
                    _table(module, model, searched=table in searched)
                    for table, (module, model) in registry.models.items()
                ),
            ],
            "shared": [asdict(table) for table in SHARED],
            "functions": [asdict(function) for function in kernel_functions(registry)],
            "audited": [
                {"name": one.table, "function": one.function} for one in audited_tables(registry)
            ],
        }
    )


#: The tenants themselves: the row's own id is the tenant.
_TENANTS = {
    "schema": CORE,
    "name": "tenants",
    "module": CORE,
    "key": "id",
    "policy": normalized(predicate_of(CORE, key="id")),
    "grants": ["SELECT"],
    "owner_access": True,
    "searched": False,
}


def _table(module: str, model: type[TenantModel], *, searched: bool) -> dict[str, Any]:
    meta: Any = model._meta
    return {
        "schema": meta.schema,
        "name": meta.table_name,
        "module": module,
        "key": "tenant_id",
        "policy": normalized(predicate_of(module)),
        "grants": [grant.strip().upper() for grant in meta.grants.split(",")],
        # Only the core has functions that need it, whatever another module's model says.
        "owner_access": meta.owner_access and module == CORE,
        "searched": searched,
    }

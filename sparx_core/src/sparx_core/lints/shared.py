"""The tables that belong to no tenant: each with the reason, and with who may do what.

Whoever adds a table here takes it out from behind the walls; every right is an exception.
"""

from __future__ import annotations

from dataclasses import dataclass

ANY_MODULE = "*"
_ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class SharedTable:
    """A table without tenants. Rights are privileges, of a column if one is in parentheses."""

    schema: str
    name: str
    reason: str
    app: tuple[str, ...] = ()
    dispatch: tuple[str, ...] = ()


SHARED = (
    SharedTable(
        "core",
        "secrets",
        "secrets of the installation, which only the owner's functions read",
    ),
    SharedTable(
        "core",
        "credentials",
        "digests of keys, which have to be found before the tenant is known",
    ),
    SharedTable(
        "core",
        "link_credentials",
        "digests of links, which have to be found before the tenant is known",
    ),
    SharedTable(
        "core",
        "huey_task",
        "the doorbell's queue, with ids of deliveries for a moment; ringing needs the new id",
        app=("INSERT", "SELECT(id)"),
        dispatch=_ALL,
    ),
    SharedTable("core", "huey_schedule", "Huey's storage, unused by the core", dispatch=_ALL),
    SharedTable("core", "huey_kv", "Huey's storage, unused by the core", dispatch=_ALL),
    SharedTable("core", "huey_counter", "Huey's storage, unused by the core", dispatch=_ALL),
    SharedTable(
        ANY_MODULE,
        "migrations",
        "the names of the migrations that were applied to a module's schema",
        app=("SELECT",),
    ),
)

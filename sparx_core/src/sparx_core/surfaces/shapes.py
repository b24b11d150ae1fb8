"""The kinds that a tenant declares, as surfaces describe them."""

from __future__ import annotations

from sparx_core.auth.keys import PresentedKey
from sparx_core.read.kinds import Shapes
from sparx_core.read.own import Own
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.query import NOBODYS


def has_kinds(registry: Registry, modules: frozenset[str]) -> bool:
    """Whether tenants with these modules may declare kinds of rows."""
    return any(
        one.kinds is not None and one.exposed and one.module in modules
        for one in registry.resources.values()
    )


def known_own(runtime: Runtime, key: PresentedKey, modules: frozenset[str]) -> Own:
    """What the tenant of a key declares, if there are kinds that it may declare."""
    return runtime.own(key) if has_kinds(runtime.registry, modules) else NOBODYS


def shapes_of(registry: Registry, modules: frozenset[str], own: Own) -> dict[str, Shapes]:
    """The kinds that a tenant declares, by resource: of modules that are active, if any."""
    return {
        one.key: found
        for one in registry.resources.values()
        if one.kinds is not None and one.exposed and one.module in modules
        for found in (one.kinds.shapes(own.kinds(one)),)
        if found.kinds
    }

"""The module that is examined: what it declares, and an installation to try it in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import (
    Distribution,
    EntryPoint,
    PackageNotFoundError,
    distribution,
    entry_points,
)
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparx_core.db.models import TenantModel
from sparx_core.events.types import Handler
from sparx_core.modules import ENTRY_POINT_GROUP, Installed, Module
from sparx_core.registry import Registry
from sparx_core.resources import CORE, Operation, Resource
from sparx_core.runtime import Runtime
from sparx_core.testing.contract.rule import NotChecked

if TYPE_CHECKING:
    from sparx_core.testing.api import Api
    from sparx_core.testing.contract.stage import Stage

#: The body of a create, or what makes it: given the tenant's client, and the number of the row.
Sample = Mapping[str, Any] | Callable[["Api", int], Mapping[str, Any]]


@dataclass
class Subject:
    """A module under examination.

    ``registry`` and ``runtime`` are None where they could not be made; ``problem`` then says why.
    """

    key: str
    registry: Registry | None = None
    runtime: Runtime | None = None
    problem: Exception | None = None
    samples: Mapping[str, Sample] = field(default_factory=dict)
    exercise: Callable[[Api], None] | None = None
    #: The application, if there is one already.
    app: Any = None

    # -- what it declares ------------------------------------------------------------------

    @property
    def entry_point(self) -> EntryPoint | None:
        """The entry point of this name, or else one that leads to a module with this key."""
        found = list(entry_points(group=ENTRY_POINT_GROUP))
        for one in found:
            if one.name == self.key:
                return one
        return next((one for one in found if _leads_to(one, self.key)), None)

    @property
    def modules(self) -> Registry:
        """The registry that has the module; ``NotChecked`` if there is none."""
        if self.registry is None or self.key not in self.registry.modules:
            raise NotChecked("the module has to be loaded first: see the rule 'loads'")
        return self.registry

    @property
    def installed(self) -> Installed:
        return self.modules.modules[self.key]

    @property
    def module(self) -> Module:
        return self.installed.module

    @property
    def prefix(self) -> str:
        """Where its routes are."""
        return f"/v1/{self.key}"

    @cached_property
    def folder(self) -> Path:
        """Where its package is."""
        return Path(str(files(self.module.package)))

    @cached_property
    def distribution(self) -> Distribution | None:
        """What pip knows of it; None if pip did not install it."""
        try:
            return distribution(self.installed.distribution)
        except PackageNotFoundError:
            return None

    @property
    def resources(self) -> list[Resource]:
        return [one for one in self.modules.resources.values() if one.module == self.key]

    @property
    def operations(self) -> list[Operation]:
        return [one for one in self.modules.operations.values() if one.module == self.key]

    @property
    def models(self) -> list[type[TenantModel]]:
        return [model for key, model in self.modules.models.values() if key == self.key]

    @property
    def handlers(self) -> list[Handler]:
        """Its reactions to events; periodic work, which is meant to differ, is none."""
        handlers = self.modules.handlers.values()
        return [one for one in handlers if one.module == self.key and one.event]

    @property
    def routes(self) -> list[tuple[str, Any]]:
        """What it wrote by hand: path, and factory of a Falcon resource."""
        answers = self.modules.hook(self.key).sparx_routes()
        return [route for answer in answers for route in answer]

    @property
    def required(self) -> list[str]:
        """The keys of all modules that must be active with it, in order of activation."""
        return list(dict.fromkeys(self.modules.requires(self.key)))

    @property
    def heard(self) -> list[str]:
        """The keys of other modules whose events it reacts to, and which can be active alone."""
        registry = self.modules
        events = [name for name in registry.events if any(h.hears(name) for h in self.handlers)]
        owners = dict.fromkeys(registry.event_modules[name] for name in events)
        known = {CORE, self.key, *self.required}
        return [
            key for key in owners if key not in known and self.key not in registry.requires(key)
        ]

    def names(self, table: Mapping[str, str]) -> Iterable[str]:
        """The names in a table of owners, such as ``event_modules``, that are this module's."""
        return [name for name, owner in table.items() if owner == self.key]

    # -- where it is tried -----------------------------------------------------------------

    @cached_property
    def stage(self) -> Stage:
        """Tenants and clients to try it with; ``NotChecked`` without a migrated database."""
        from sparx_core.testing.contract.stage import Stage

        if self.runtime is None:
            raise NotChecked("the database has to be migrated first: see the rule 'migrations'")
        return Stage(self, self.runtime)

    def close(self) -> None:
        if "stage" in self.__dict__:
            self.stage.close()


def _leads_to(entry_point: EntryPoint, key: str) -> bool:
    try:
        loaded = entry_point.load()
    except Exception:
        return False  # that is the rule 'loads' of that module
    return isinstance(loaded, Module) and loaded.key == key

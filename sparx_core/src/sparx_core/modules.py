"""What a module is: the object that a distribution registers as its entry point."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from sparx_core.schemas import ObjectSchema

ENTRY_POINT_GROUP = "sparx.modules"


class RegistryError(Exception):
    """The installed modules cannot work together; the message names both sides."""


class NameTaken(RegistryError):
    """Two declarations claim one name."""


@dataclass(frozen=True)
class Module:
    """A module's identity. ``key`` is its name everywhere: PostgreSQL schema, URL, scopes.

    ``requires`` lists the keys of modules that must be active with it; ``core`` the versions of
    sparx-core that it works with (PEP 440). ``plugin`` is the object, often the plugin module
    itself, that carries its hook implementations; ``package`` the import package that holds
    ``migrations/``. ``hookspecs`` is the object that carries hook specifications of its own, for
    other modules to implement; their names begin with ``sparx_<key>_``.
    """

    key: str
    title: str
    package: str
    plugin: object
    requires: tuple[str, ...] = ()
    core: str = ">=1,<2"
    description: str = ""
    hookspecs: object = None

    def migrations(self) -> Traversable:
        """The folder of numbered migrations; it need not exist."""
        return files(self.package) / "migrations"


@dataclass(frozen=True)
class Extension:
    """What a module adds to a resource of a module that it requires, while it is active.

    ``schema`` holds ``Computed`` and ``RelatedList`` fields. Whoever may read the resource sees
    them; the rows of a ``RelatedList`` need the scope of their own resource.
    """

    resource: str
    schema: type[ObjectSchema]


@dataclass(frozen=True)
class Installed:
    """A module as found on this machine."""

    module: Module
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.module.key} ({self.distribution} {self.version})"


@dataclass(frozen=True)
class Quarantined:
    """A distribution whose module could not be loaded; the others are served without it."""

    key: str
    distribution: str
    reason: str

"""What is stated of modules: to everybody, and between a request and the worker that follows."""

from __future__ import annotations

from sparx_core.events.types import Event


class ModuleActivated(Event):
    """A module is on for the tenant, and the rows that it had are back."""

    name, resource = "module.activated", "core.activations"


class ModuleDeactivated(Event):
    """A module is off for the tenant: its endpoints refuse, its handlers rest, its rows are in the
    archive, or deleted if that was asked for.
    """

    name, resource = "module.deactivated", "core.activations"


class ModuleStopped(Event):
    """A module was switched off, and a worker takes its rows away."""

    name, resource, public = "module.stopped", "core.activations", False


class ModuleRecalled(Event):
    """A module was switched on that has rows in the archive: a worker brings them back."""

    name, resource, public = "module.recalled", "core.activations", False

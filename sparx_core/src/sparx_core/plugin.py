"""The core's own parts, registered through the hooks that modules use."""

from __future__ import annotations

import sys

from sparx_core.activation.events import (
    ModuleActivated,
    ModuleDeactivated,
    ModuleRecalled,
    ModuleStopped,
)
from sparx_core.activation.handlers import archive_module, restore_module
from sparx_core.activation.models import Activation, Archive
from sparx_core.activation.operations import (
    activate_module,
    activations,
    deactivate_module,
    get_module,
    list_modules,
)
from sparx_core.auth.models import ApiKey
from sparx_core.auth.operations import KeyCreated, KeyRevoked, KeyRotated, keys, who_am_i
from sparx_core.db.models import Counter, RowCount, TenantModel
from sparx_core.events.models import Delivery, EventRow, Schedule
from sparx_core.events.types import Event, Handler
from sparx_core.hookspecs import hookimpl
from sparx_core.modules import Module
from sparx_core.resources import Operation, Resource


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    return [ApiKey, Activation, Counter, RowCount, EventRow, Delivery, Schedule, Archive]


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    modules = [list_modules, get_module, activate_module, deactivate_module]
    return [keys, who_am_i, activations, *modules]


@hookimpl
def sparx_events() -> list[type[Event]]:
    modules = [ModuleActivated, ModuleDeactivated, ModuleStopped, ModuleRecalled]
    return [KeyCreated, KeyRotated, KeyRevoked, *modules]


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return [archive_module, restore_module]


module = Module(
    key="core",
    title="Core",
    package="sparx_core",
    plugin=sys.modules[__name__],
    description="Keys, modules, events.",
)

"""The core's own parts, registered through the hooks that modules use."""

from __future__ import annotations

import sys

from sparx_core.activation.models import Activation, Archive
from sparx_core.activation.operations import (
    ModuleActivated,
    ModuleDeactivated,
    activate_module,
    activations,
    deactivate_module,
    list_modules,
)
from sparx_core.auth.models import ApiKey
from sparx_core.auth.operations import KeyCreated, KeyRevoked, KeyRotated, keys, who_am_i
from sparx_core.db.models import Counter, RowCount, TenantModel
from sparx_core.events.models import Delivery, EventRow, Schedule
from sparx_core.events.types import Event
from sparx_core.hookspecs import hookimpl
from sparx_core.modules import Module
from sparx_core.resources import Operation, Resource


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    return [ApiKey, Activation, Counter, RowCount, EventRow, Delivery, Schedule, Archive]


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    return [keys, who_am_i, activations, list_modules, activate_module, deactivate_module]


@hookimpl
def sparx_events() -> list[type[Event]]:
    return [KeyCreated, KeyRotated, KeyRevoked, ModuleActivated, ModuleDeactivated]


module = Module(
    key="core",
    title="Core",
    package="sparx_core",
    plugin=sys.modules[__name__],
    description="Keys, modules, events.",
)

"""What the AI module brings to an installation."""

from __future__ import annotations

import sys
from collections.abc import Callable

from sparx_ai.access import admit
from sparx_ai.errors import (
    AiDisabled,
    DeletesNotAllowed,
    NotConfirmed,
    PlanExpired,
    PlanInvalid,
    PlanStale,
    PlanUsed,
    UseRest,
    WriteBudgetExceeded,
)
from sparx_ai.events import (
    KeySettingsCreated,
    KeySettingsDeleted,
    KeySettingsUpdated,
    SettingsUpdated,
)
from sparx_ai.models import Call, KeySettings, Plan, Settings
from sparx_ai.operations.calls import calls
from sparx_ai.operations.settings import get_settings, key_settings, settings, update_settings
from sparx_ai.prompts import Prompts
from sparx_ai.protocol.server import Server
from sparx_ai.records import Records
from sparx_ai.resources.mcp import Mcp
from sparx_ai.tools import Tools
from sparx_core import (
    ApiError,
    Event,
    Module,
    Operation,
    Resource,
    Runtime,
    TenantModel,
    hookimpl,
)

#: Where agents find the module; its host of its own is ``mcp.``.
PATH = "/mcp"


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    return [Settings, KeySettings, Call, Plan]


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    return [settings, get_settings, update_settings, key_settings, calls]


@hookimpl
def sparx_errors() -> list[type[ApiError]]:
    plans = [PlanExpired, PlanInvalid, PlanStale, PlanUsed]
    return [AiDisabled, DeletesNotAllowed, NotConfirmed, *plans, UseRest, WriteBudgetExceeded]


@hookimpl
def sparx_events() -> list[type[Event]]:
    return [SettingsUpdated, KeySettingsCreated, KeySettingsUpdated, KeySettingsDeleted]


def _endpoint(runtime: Runtime) -> Mcp:
    records = Records(runtime)
    return Mcp(runtime, Server(Tools(runtime), records, Prompts(records)), admit)


@hookimpl
def sparx_routes() -> list[tuple[str, Callable[[Runtime], object]]]:
    return [(PATH, _endpoint)]


@hookimpl
def sparx_hosts() -> list[tuple[str, str]]:
    return [("mcp", PATH)]


module = Module(
    key="ai",
    title="AI",
    package="sparx_ai",
    plugin=sys.modules[__name__],
    description="Agents that work with the tenant's data, over the Model Context Protocol.",
)

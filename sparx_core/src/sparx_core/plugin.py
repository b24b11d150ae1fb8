"""The core's own parts, registered through the hooks that modules use."""

from __future__ import annotations

import sys
from collections.abc import Callable

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
from sparx_core.audit.models import AuditEntry
from sparx_core.audit.operations import audit
from sparx_core.auth.models import ApiKey
from sparx_core.auth.operations import KeyCreated, KeyRevoked, KeyRotated, keys, who_am_i
from sparx_core.db.models import Counter, RowCount, TenantModel
from sparx_core.deprecation.models import DeprecatedCall
from sparx_core.deprecation.operations import list_deprecations
from sparx_core.events.models import Delivery, EventRow, Schedule
from sparx_core.events.types import Event, Handler
from sparx_core.hookspecs import hookimpl
from sparx_core.idempotency.models import IdempotencyKey
from sparx_core.jobs.events import JobFinished, JobQueued
from sparx_core.jobs.handlers import run_job
from sparx_core.jobs.models import Job, JobChunk, JobError, JobRow
from sparx_core.jobs.operations import cancel_job, get_job, jobs, undo_job
from sparx_core.modules import Module
from sparx_core.origins.models import Origin
from sparx_core.origins.operations import OriginAllowed, OriginRemoved, origins
from sparx_core.resources import Operation, Resource
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.job_files import JobErrors, JobFile
from sparx_core.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSubscription


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    rows = [Counter, RowCount, EventRow, Delivery, Schedule, Archive, IdempotencyKey]
    work = [Job, JobChunk, JobError, JobRow]
    webhooks = [WebhookSubscription, WebhookDelivery, WebhookAttempt]
    return [ApiKey, Activation, Origin, DeprecatedCall, AuditEntry, *rows, *work, *webhooks]


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    modules = [list_modules, get_module, activate_module, deactivate_module]
    work: list[Resource | Operation] = [jobs, get_job, cancel_job, undo_job]
    return [keys, who_am_i, origins, activations, *modules, list_deprecations, audit, *work]


@hookimpl
def sparx_routes() -> list[tuple[str, Callable[[Runtime], object]]]:
    return [("/v1/jobs/{id}/errors", JobErrors), ("/v1/jobs/{id}/file", JobFile)]


@hookimpl
def sparx_events() -> list[type[Event]]:
    modules = [ModuleActivated, ModuleDeactivated, ModuleStopped, ModuleRecalled]
    work = [JobQueued, JobFinished]
    return [KeyCreated, KeyRotated, KeyRevoked, OriginAllowed, OriginRemoved, *modules, *work]


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return [archive_module, restore_module, run_job]


module = Module(
    key="core",
    title="Core",
    package="sparx_core",
    plugin=sys.modules[__name__],
    description="Keys, modules, events.",
)

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
from sparx_core.custom_fields.models import CustomFieldRow, CustomUnique
from sparx_core.custom_fields.operations import (
    CustomFieldCreated,
    CustomFieldDeleted,
    CustomFieldUpdated,
    custom_fields,
    strip_custom_values,
)
from sparx_core.db.models import Counter, RowCount, TenantModel
from sparx_core.deprecation.models import DeprecatedCall
from sparx_core.deprecation.operations import list_deprecations
from sparx_core.events.catalogue import list_event_types
from sparx_core.events.dead import DeliveryDied
from sparx_core.events.feed import read_feed
from sparx_core.events.models import Delivery, EventRow, Schedule
from sparx_core.events.replay import replay_events
from sparx_core.events.resources import deliveries, events
from sparx_core.events.retrying import retry_deliveries
from sparx_core.events.types import Event, Handler, Task
from sparx_core.hookspecs import hookimpl
from sparx_core.idempotency.models import IdempotencyKey
from sparx_core.jobs.events import JobFinished, JobQueued
from sparx_core.jobs.handlers import run_job
from sparx_core.jobs.models import Job, JobChunk, JobError, JobRow
from sparx_core.jobs.operations import cancel_job, get_job, jobs, undo_job
from sparx_core.links.models import Link
from sparx_core.members.models import Member, TenantSettings
from sparx_core.members.operations import (
    MemberCreated,
    MemberDeleted,
    MemberUpdated,
    TenantUpdated,
    get_tenant,
    members,
    tenant_settings,
    update_tenant,
)
from sparx_core.modules import Module
from sparx_core.origins.models import Origin
from sparx_core.origins.operations import OriginAllowed, OriginRemoved, origins
from sparx_core.resources import Operation, Resource
from sparx_core.runtime import Runtime
from sparx_core.sandbox.following import empty_sandbox, follow_live_tenant
from sparx_core.sandbox.operations import (
    add_sandbox_key,
    create_sandbox,
    get_sandbox,
    reset_sandbox,
)
from sparx_core.saved_views.models import SavedView
from sparx_core.saved_views.operations import ViewCreated, ViewDeleted, ViewUpdated, views
from sparx_core.search.operations import search
from sparx_core.surfaces.rest.job_files import JobErrors, JobFile
from sparx_core.webhooks.cancelling import cancel_webhooks
from sparx_core.webhooks.events import (
    WebhookCreated,
    WebhookDeleted,
    WebhookEnabled,
    WebhookRotated,
    WebhookTest,
    WebhookUpdated,
)
from sparx_core.webhooks.examples import trigger_example
from sparx_core.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from sparx_core.webhooks.notices import WebhookDisabled, WebhookFailing, tell_of_webhook
from sparx_core.webhooks.operations import subscriptions
from sparx_core.webhooks.resources import attempts, webhook_deliveries
from sparx_core.webhooks.tried_hosts import WebhookTestHost


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    rows = [Counter, RowCount, EventRow, Delivery, Schedule, Archive, IdempotencyKey]
    work = [Job, JobChunk, JobError, JobRow]
    webhooks = [WebhookSubscription, WebhookDelivery, WebhookAttempt, WebhookTestHost]
    people = [Member, TenantSettings]
    core = [ApiKey, Link, Activation, Origin, DeprecatedCall, AuditEntry]
    declared = [CustomFieldRow, CustomUnique, SavedView]
    return [*core, *rows, *work, *webhooks, *people, *declared]


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    modules = [list_modules, get_module, activate_module, deactivate_module]
    work: list[Resource | Operation] = [jobs, get_job, cancel_job, undo_job]
    told: list[Resource | Operation] = [
        list_event_types,
        read_feed,
        replay_events,
        events,
        deliveries,
        retry_deliveries,
    ]
    core: list[Resource | Operation] = [
        keys,
        who_am_i,
        origins,
        activations,
        list_deprecations,
        audit,
    ]
    webhooks: list[Resource | Operation] = [
        subscriptions,
        webhook_deliveries,
        attempts,
        trigger_example,
    ]
    people: list[Resource | Operation] = [members, tenant_settings, get_tenant, update_tenant]
    declared: list[Resource | Operation] = [custom_fields, views]
    trying = [get_sandbox, create_sandbox, add_sandbox_key, reset_sandbox]
    return [*core, *trying, *people, *declared, *modules, *told, *webhooks, *work, search]


@hookimpl
def sparx_routes() -> list[tuple[str, Callable[[Runtime], object]]]:
    return [("/v1/jobs/{id}/errors", JobErrors), ("/v1/jobs/{id}/file", JobFile)]


@hookimpl
def sparx_events() -> list[type[Event]]:
    modules = [ModuleActivated, ModuleDeactivated, ModuleStopped, ModuleRecalled]
    work = [JobQueued, JobFinished, DeliveryDied]
    core = [KeyCreated, KeyRotated, KeyRevoked, OriginAllowed, OriginRemoved]
    webhooks = [WebhookCreated, WebhookUpdated, WebhookDeleted, WebhookRotated, WebhookTest]
    health = [WebhookEnabled, WebhookDisabled, WebhookFailing]
    people = [MemberCreated, MemberUpdated, MemberDeleted, TenantUpdated]
    declared = [CustomFieldCreated, CustomFieldUpdated, CustomFieldDeleted]
    kept = [ViewCreated, ViewUpdated, ViewDeleted]
    return [*core, *people, *declared, *kept, *modules, *work, *webhooks, *health]


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return [archive_module, restore_module, run_job, cancel_webhooks, tell_of_webhook]


@hookimpl
def sparx_tasks() -> list[Task]:
    return [strip_custom_values, follow_live_tenant, empty_sandbox]


module = Module(
    key="core",
    title="Core",
    package="sparx_core",
    plugin=sys.modules[__name__],
    description="Keys, modules, events.",
)

"""The whole contract between the core and its modules, the core's own parts included.

A module's plugin object implements the hooks that it needs with ``@hookimpl``. The hooks that
return lists are called once, at start; what they return is declared elsewhere in the module.
Names that are not here are refused at start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

from sparx_core.deprecation.names import Deprecation, HookT, deprecated_hook

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparx_core.context import Context
    from sparx_core.db.models import TenantModel
    from sparx_core.errors import ApiError
    from sparx_core.events.types import Event, Guard, Handler, Periodic, Task
    from sparx_core.jobs.kinds import JobKind
    from sparx_core.modules import Extension
    from sparx_core.resources import Operation, Resource
    from sparx_core.runtime import Runtime

PROJECT = "sparx"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


def deprecated(*, since: str, until: str, replacement: str) -> Callable[[HookT], HookT]:
    """Instead of ``@hookspec``, on a hook that goes away: implementations of it get a warning."""
    return deprecated_hook(PROJECT, Deprecation(since, until, replacement))


@hookspec
def sparx_models() -> list[type[TenantModel]]:
    """The tables that hold tenants' rows. The core puts the walls around each."""
    raise NotImplementedError


@hookspec
def sparx_resources() -> list[Resource | Operation]:
    """The nouns and verbs from which routes are derived."""
    raise NotImplementedError


@hookspec
def sparx_extend_resource() -> list[Extension]:
    """The fields that the module adds to resources of modules that it requires, while it is
    active: the same statement reads them, and nobody else has to know.
    """
    raise NotImplementedError


@hookspec
def sparx_routes() -> list[tuple[str, Callable[[Runtime], object]]]:
    """(path, factory of a Falcon resource) for what cannot be derived, such as an upload.

    The factory is called once for each process of the API. Its resource authenticates by itself:
    ``runtime.as_key(bearer(header))`` is the transaction of a request, and ``ctx.require`` its
    gate. An ``ApiError`` that it raises is answered in the envelope; or, if the resource has a
    ``failure(response, error, request_id)``, by that, as is whatever keeps a request from it.
    """
    raise NotImplementedError


@hookspec
def sparx_hosts() -> list[tuple[str, str]]:
    """(label, path) for hosts of their own: with ``("mcp", "/mcp")`` the root of the host
    ``mcp.example.com`` is the path ``/mcp``, which is one of the module's routes.
    """
    raise NotImplementedError


@hookspec
def sparx_errors() -> list[type[ApiError]]:
    """The error codes that the module adds."""
    raise NotImplementedError


@hookspec
def sparx_events() -> list[type[Event]]:
    """The event types that the module emits."""
    raise NotImplementedError


@hookspec
def sparx_event_handlers() -> list[Handler]:
    """The module's reactions; they run for tenants that have the module active."""
    raise NotImplementedError


@hookspec
def sparx_guards() -> list[Guard]:
    """Checks before an event is stated, in the same transaction: a guard may refuse it."""
    raise NotImplementedError


@hookspec
def sparx_periodic() -> list[Periodic]:
    """Work that comes up again and again in each tenant that has the module active."""
    raise NotImplementedError


@hookspec
def sparx_tasks() -> list[Task]:
    """Work on single rows that the module schedules for a time, with ``ctx.schedule``."""
    raise NotImplementedError


@hookspec
def sparx_job_kinds() -> list[JobKind]:
    """Work that takes many transactions, which the module starts with ``start_job``."""
    raise NotImplementedError


@hookspec
def sparx_activate(ctx: Context) -> None:
    """The module was just activated in ``ctx.tenant``: write what it needs to begin.

    In the activating transaction, for this module only; raising refuses the activation. May
    find what an earlier activation left. If archived rows come back, it is called by the worker
    that restored them, and what it raises is tried again.
    """


@hookspec
def sparx_deactivate(ctx: Context) -> None:
    """The module is about to be deactivated in ``ctx.tenant``; raising refuses it."""


@hookspec
def sparx_restore(
    ctx: Context, table: str, rows: list[dict[str, str | None]], version: str
) -> list[dict[str, str | None]]:
    """Archived rows of ``loyalty.rewards`` come back that another ``version`` of the distribution
    archived: the rows to restore in their place. Values are text as PostgreSQL writes it, or None.
    """
    raise NotImplementedError

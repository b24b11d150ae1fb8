"""Turning modules on and off for a tenant; both hold from the next request, everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sparx_core.activation.archive import has_rows
from sparx_core.activation.events import (
    ModuleActivated,
    ModuleDeactivated,
    ModuleRecalled,
    ModuleStopped,
)
from sparx_core.activation.layout import fixed_tables
from sparx_core.activation.models import ACTIVATING, ACTIVE, DEACTIVATING, INACTIVE, Activation
from sparx_core.activation.progress import hurry, shown
from sparx_core.activation.requirements import blocking, not_active, tables_of_module
from sparx_core.activation.schemas import (
    ActivationSchema,
    BackfillSchema,
    DeactivationSchema,
    ModuleSchema,
)
from sparx_core.context import Context
from sparx_core.errors import (
    Conflict,
    InsufficientScope,
    InvalidTransition,
    NotFound,
    ValidationFailed,
)
from sparx_core.events.replay import backfill_plan, require_backfill, start_replay
from sparx_core.jobs.events import JobQueued
from sparx_core.resources import CORE, Resource, Values, operation

_BUSY = "A worker is {doing} the rows of {key} right now. Ask again when it is done."

activations = Resource("activations", Activation, ActivationSchema, exposed=False)


@operation(
    "GET", "/modules", name="modules.list", scope="read:core", answer=ModuleSchema(many=True)
)
def list_modules(ctx: Context) -> list[Values]:
    """The installed modules with their state in the tenant."""
    return shown(ctx, [key for key in ctx.registry.modules if key != CORE])


@operation(
    "GET",
    "/modules/{key}",
    name="modules.get",
    scope="read:core",
    answer=ModuleSchema,
    raises=[NotFound],
)
def get_module(ctx: Context, key: str) -> Values:
    """One module with its state in the tenant, and how far it is on its way to another."""
    _known(ctx, key)
    return shown(ctx, [key])[0]


@operation(
    "POST",
    "/modules/{key}/activate",
    name="modules.activate",
    scope="write:core",
    body=BackfillSchema,
    answer=ModuleSchema,
    emits=[ModuleActivated, ModuleRecalled, JobQueued],
    # a module's hook may refuse it
    raises=[NotFound, Conflict, InvalidTransition, ValidationFailed, InsufficientScope],
)
def activate_module(ctx: Context, key: str, data: Values | None = None) -> Values:
    """Turn a module on, with the modules that it requires: at once, or `activating` until a worker
    has brought its archived rows back. Again changes nothing, but a failed attempt is made anew.

    With `backfillFrom` its handlers get what happened in other modules since then, once it is
    active, by a job of kind `replay`; the key needs to read these modules.

    `invalid_transition` while a worker takes its rows away, or is to delete them; with
    `backfillFrom` also if it is active already: replay events then. `conflict` in a sandbox, whose
    modules follow those of the live tenant.
    """
    _known(ctx, key)
    _refuse_in_sandbox(ctx)
    since = (data or {}).get("backfill_from")
    if since is not None:
        require_backfill(ctx, key, since)
    switch_on(ctx, key, since)
    return shown(ctx, [key])[0]


@operation(
    "POST",
    "/modules/{key}/deactivate",
    name="modules.deactivate",
    scope="write:core",
    body=DeactivationSchema,
    answer=ModuleSchema,
    emits=[ModuleDeactivated, ModuleStopped],
    raises=[NotFound, Conflict, InvalidTransition],
)
def deactivate_module(ctx: Context, key: str, data: Values | None = None) -> Values:
    """Turn a module off at once; it is `deactivating` until a worker has archived its rows, or
    deleted them if `purge` says so. Again changes nothing, but a failed attempt is made anew.

    `conflict` while a module that requires it is on, and in a sandbox; `invalid_transition` while a
    worker brings its rows back.
    """
    _known(ctx, key)
    _refuse_in_sandbox(ctx)
    switch_off(ctx, key, purge=bool((data or {}).get("purge")))
    return shown(ctx, [key])[0]


def switch_on(ctx: Context, key: str, backfill_from: datetime | None = None) -> None:
    """Turn an installed module on, with those that it requires; it may be on its way then."""
    for wanted in dict.fromkeys([*ctx.registry.requires(key), key]):
        _activate(ctx, wanted, backfill_from if wanted == key else None)


def switch_off(ctx: Context, key: str, *, purge: bool = False) -> None:
    """Turn an installed module off, if the tenant ever had it on."""
    seen = _seen(ctx, key)
    if seen is not None:
        _deactivate(ctx, seen, purge=purge)


def turn_on(ctx: Context, row: Activation, **changes: Any) -> None:
    """A module becomes active, with its hook, in this transaction."""
    key, since = str(row.module), row.backfill_from
    ctx.update(row, state=ACTIVE, backfill_from=None, **changes)
    ctx.emit(ModuleActivated(row))
    ctx.refresh_modules()
    ctx.transaction.scalar("SELECT core.revive_tasks(%s)", (key,))
    ctx.registry.hook(key).sparx_activate(ctx=ctx)
    if since is not None:
        start_replay(ctx, backfill_plan(ctx, key, since))


def _activate(ctx: Context, key: str, backfill_from: datetime | None) -> None:
    waiting = not_active(ctx, key)
    seen = _seen(ctx, key)
    row = Activation(module=key, state=INACTIVE) if seen is None else _locked(ctx, seen)
    if row is None:
        if seen is not None and seen.state == ACTIVATING and backfill_from is None:
            return
        back = seen is not None and seen.state == ACTIVATING
        doing = "bringing back" if back else "taking away"
        raise InvalidTransition(_BUSY.format(doing=doing, key=key))
    if row.state == ACTIVE:
        if backfill_from is not None:
            raise InvalidTransition(f"{key} is active already: replay events to its handlers.")
        return
    if row.state == ACTIVATING:
        if backfill_from is not None:
            ctx.update(row, backfill_from=backfill_from)
        hurry(ctx, row)
        return
    if row.purge:
        raise InvalidTransition(
            f"The rows of {key} are about to be deleted. Activate it when it is inactive."
        )
    # Of a module that is deactivating nothing was taken away yet: no worker has its row.
    restores = row.state == INACTIVE and row.archived_rows > 0
    if seen is None:
        ctx.insert(row)
    # Also if it is None: an earlier attempt may have left one.
    ctx.update(row, backfill_from=backfill_from)
    if not restores and not waiting:
        turn_on(ctx, row)
        return
    ctx.update(row, state=ACTIVATING)
    hurry(ctx, row)
    ctx.emit(ModuleRecalled(row))


def _deactivate(ctx: Context, seen: Activation, *, purge: bool) -> None:
    key, row = str(seen.module), _locked(ctx, seen)
    if row is None:
        if seen.state == DEACTIVATING and (seen.purge or not purge):
            return
        doing = "taking away" if seen.state == DEACTIVATING else "bringing back"
        raise InvalidTransition(_BUSY.format(doing=doing, key=key))
    before = row.state
    if before == DEACTIVATING:
        ctx.update(row, purge=bool(row.purge or purge))
        hurry(ctx, row)
        return
    if before != INACTIVE:
        _refuse_if_required(ctx, key)
    tables = tables_of_module(ctx.registry, key)
    fixed = fixed_tables(ctx.transaction.database, tables)
    if purge and fixed:
        raise Conflict(f"Rows of {', '.join(fixed)} cannot be deleted: it only takes new ones.")
    if before == ACTIVE:
        ctx.registry.hook(key).sparx_deactivate(ctx=ctx)
        ctx.flush()
    stored = before == ACTIVE and not fixed and has_rows(ctx.transaction.database, tables)
    after = DEACTIVATING if stored or (purge and row.archived_rows) else INACTIVE
    if after == before:
        hurry(ctx, row)
        return
    ctx.update(row, state=after, purge=purge and after == DEACTIVATING, restored=None)
    if before == ACTIVE:
        ctx.refresh_modules()
        if after == INACTIVE:
            ctx.emit(ModuleDeactivated(row))
    if before == ACTIVE or after == DEACTIVATING:
        # Also of a module without rows: a request that is under way may store one yet.
        hurry(ctx, row)
        ctx.emit(ModuleStopped(row))


def _refuse_if_required(ctx: Context, key: str) -> None:
    dependants = blocking(ctx, key)
    if not dependants:
        return
    missing = [one for one in dependants if one not in ctx.registry.modules]
    told = f" Not installed here: {', '.join(missing)}." if missing else ""
    raise Conflict(
        f"Deactivate {', '.join(dependants)} first: they require {key}.{told}",
        details={"requiredBy": dependants},
    )


def _refuse_in_sandbox(ctx: Context) -> None:
    if not ctx.tenant.live:
        raise Conflict(
            "The modules of a sandbox follow those of its live tenant: switch them there."
        )


def _known(ctx: Context, key: str) -> None:
    if key == CORE or key not in ctx.registry.modules:
        raise NotFound(f"There is no module called {key[:64]}.")


def _seen(ctx: Context, key: str) -> Activation | None:
    found: Activation | None = ctx.first(Activation.select().where(Activation.module == key))
    return found


def _locked(ctx: Context, seen: Activation) -> Activation | None:
    """The row, kept from others until the commit; None if a worker that moves rows has it.

    Such a worker has it for long, so a request does not wait for it.
    """
    query: Any = Activation.select().where(Activation.id == seen.id)
    on_its_way = seen.state in (ACTIVATING, DEACTIVATING)
    found: Activation | None = ctx.first(
        query.for_update(f"FOR NO KEY UPDATE{' SKIP LOCKED' if on_its_way else ''}")
    )
    return found

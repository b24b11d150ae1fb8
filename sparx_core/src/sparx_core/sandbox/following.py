"""What workers do in a sandbox: empty it, and let its modules follow those of the live tenant."""

from __future__ import annotations

from uuid import UUID

from sparx_core.activation.archive import more_time
from sparx_core.activation.errors import ModuleStuck, NotYet
from sparx_core.activation.models import ACTIVE, INACTIVE, Activation
from sparx_core.activation.operations import switch_off, switch_on
from sparx_core.actors import parse_modules
from sparx_core.context import Context
from sparx_core.errors import ApiError, InvalidTransition
from sparx_core.events.types import scheduled
from sparx_core.resources import CORE

_LIVE_MODULES = "SELECT core.live_modules()"
_EMPTY = "SELECT core.empty_sandbox(%s, %s, %s)"


#: Seconds after which it is looked whether a module is installed by now.
MISSING_SECONDS = 60.0


@scheduled
def follow_live_tenant(ctx: Context, _tenant: UUID) -> None:
    """Switch modules on and off until those are active that are active in the live tenant; those
    that are not installed on this worker, later.
    """
    if _follow(ctx) and ctx.work is not None:
        ctx.work.unfinished, ctx.work.pause = True, MISSING_SECONDS


def _follow(ctx: Context) -> frozenset[str]:
    """The modules that are missing here.

    ``NotYet``, to be tried again, while rows of one are on their way; ``ModuleStuck`` if a hook of
    one refuses.
    """
    ctx.flush()
    found = ctx.transaction.scalar(_LIVE_MODULES)
    if found is None:
        return frozenset()  # a live tenant: nobody sends it here
    wanted = parse_modules(found) - {CORE}
    modules = [key for key in ctx.registry.modules if key != CORE]
    for key in reversed(modules):
        if key not in wanted and _state(ctx, key) != INACTIVE:
            _switch(ctx, key, on=False)
    for key in modules:
        if key in wanted and _state(ctx, key) != ACTIVE:
            _switch(ctx, key, on=True)
    return wanted - set(modules)


@scheduled
def empty_sandbox(ctx: Context, _tenant: UUID) -> None:
    """Delete all that is in the sandbox but its keys, and activate its modules anew."""
    work = ctx.work
    if work is None:
        raise RuntimeError("a sandbox is emptied by a worker")
    database = ctx.transaction.database
    with more_time(database):
        held = (work.delivery, work.token, work.show_pass())
        database.execute_sql(_EMPTY, held)
    ctx.refresh_modules()
    _follow(ctx)


def _switch(ctx: Context, key: str, *, on: bool) -> None:
    try:
        if on:
            switch_on(ctx, key)
        else:
            switch_off(ctx, key)
        ctx.flush()
    except InvalidTransition as error:
        raise NotYet(error.text) from error
    except ApiError as error:  # even what a client could mend, because nobody asks
        raise ModuleStuck(f"{key}: {error.text}") from error


def _state(ctx: Context, key: str) -> str:
    found = ctx.first(Activation.select().where(Activation.module == key))
    return INACTIVE if found is None else str(found.state)

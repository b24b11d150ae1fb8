"""Asking the guards of an event: checks of active modules, one of which may refuse it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.events.types import Event

#: A guard keeps a client waiting, and locks held; one that takes longer is told of in the log.
SLOW_GUARD_SECONDS = 0.1

log = structlog.get_logger(__name__)


def ask_guards_of(ctx: Context, event: Event) -> None:
    """Call the guards of an event; what one of them raises refuses it."""
    for guard in ctx.registry.guards_of(type(event).name, ctx.modules):
        began = time.monotonic()
        guard.function(ctx, event)
        took = time.monotonic() - began
        if took > SLOW_GUARD_SECONDS:
            log.warning("guard_slow", guard=guard.name, seconds=round(took, 3))

"""What a tenant declares, as far as it was read before: a process keeps it until it changes."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from sparx_core import Context

#: The resource whose kinds are the content types: the core keeps what they read.
ENTRIES = "cms.entries"
#: What transactions that changed something themselves read since.
_own: WeakKeyDictionary[Context, dict[str, Any]] = WeakKeyDictionary()


def kept(ctx: Context, name: str) -> Any:
    """The tenant's ``types`` or ``locales``; None if they have to be read."""
    own = _own.get(ctx)
    if own is not None:
        return own.get(name)
    if ctx.declarations is None:
        return None  # nobody knows whether what is kept is still so
    return getattr(ctx.declared.kinds.get(ENTRIES), name, None)


def keep(ctx: Context, name: str, value: Any) -> Any:
    """Keep what a transaction read, for itself alone."""
    _own.setdefault(ctx, {})[name] = value
    return value


def forget(ctx: Context, name: str) -> None:
    """Have it read again: this transaction changed it."""
    _own.setdefault(ctx, {}).pop(name, None)

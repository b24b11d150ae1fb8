"""The application, with steps of a write at which the process can be told to die."""

from __future__ import annotations

import os
import signal
from functools import wraps
from pathlib import Path
from typing import Any

from sparx_core import app
from sparx_core.db.connection import Database
from sparx_core.runtime import Runtime
from sparx_core.server.outgoing import Outgoing
from sparx_core.transaction import Transaction

#: Method of the product to the step before it and the step after it.
_METHODS: tuple[tuple[type, str], ...] = (
    (Database, "_enter"),
    (Transaction, "finish"),
    (Database, "before_commit"),
    (Database, "_commit"),
    (Runtime, "ring"),
    (Outgoing, "sendall"),
    (Outgoing, "flush"),
)
STEPS = tuple(
    f"{when}-{owner.__name__}.{name}" for owner, name in _METHODS for when in ("before", "after")
)


def create_app() -> Any:
    for owner, name in _METHODS:
        setattr(owner, name, _mined(owner, name))
    return app.create_app()


def _mined(owner: type, name: str) -> Any:
    original = getattr(owner, name)

    @wraps(original)
    def method(*arguments: Any, **named: Any) -> Any:
        _die_at(f"before-{owner.__name__}.{name}")
        result = original(*arguments, **named)
        _die_at(f"after-{owner.__name__}.{name}")
        return result

    return method


def _die_at(step: str) -> None:
    order = Path(os.environ["FAILPOINTS"]) / step
    try:
        order.unlink()  # once: whoever comes next lives
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)

"""The application, and a worker (``python -m failpoints``), with steps at which the process can be
told to die.
"""

from __future__ import annotations

import os
import signal
from functools import wraps
from pathlib import Path
from typing import Any

from sparx_core import app
from sparx_core.cli import main
from sparx_core.context import Context
from sparx_core.db.connection import Database
from sparx_core.events import dispatch
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.doorbell import Doorbell
from sparx_core.events.fairness import FairQueue
from sparx_core.runtime import Runtime
from sparx_core.server.outgoing import Outgoing
from sparx_core.transaction import Transaction

#: Method of the product to the step before it and the step after it: of a write and its doorbell,
_METHODS: tuple[tuple[Any, str], ...] = (
    (Database, "_enter"),
    (Transaction, "finish"),
    (Database, "before_commit"),
    (Database, "_commit"),
    (Runtime, "ring"),
    (Outgoing, "sendall"),
    (Outgoing, "flush"),
    (Doorbell, "_send"),
)
#: and of what follows in a worker: what is heard, claim, work, finish.
_WORK: tuple[tuple[Any, str], ...] = (
    (FairQueue, "put"),
    (dispatch, "claim"),
    (Dispatcher, "run"),
    (Context, "finish"),
    (Database, "_commit"),
    (FairQueue, "end"),
)


def _steps(methods: tuple[tuple[Any, str], ...]) -> tuple[str, ...]:
    return tuple(
        f"{when}-{_name(owner)}.{name}" for owner, name in methods for when in ("before", "after")
    )


def _name(owner: Any) -> str:
    return str(owner.__name__).rpartition(".")[2]


STEPS, WORK_STEPS = _steps(_METHODS), _steps(_WORK)


def create_app() -> Any:
    for owner, name in _METHODS:
        setattr(owner, name, _mined(owner, name))
    return app.create_app()


def _mined(owner: Any, name: str) -> Any:
    original = getattr(owner, name)

    @wraps(original)
    def method(*arguments: Any, **named: Any) -> Any:
        _die_at(f"before-{_name(owner)}.{name}")
        result = original(*arguments, **named)
        _die_at(f"after-{_name(owner)}.{name}")
        return result

    return method


def _die_at(step: str) -> None:
    order = Path(os.environ["FAILPOINTS"]) / step
    try:
        order.unlink()  # once: whoever comes next lives
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    for owner, name in _WORK:
        setattr(owner, name, _mined(owner, name))
    main()

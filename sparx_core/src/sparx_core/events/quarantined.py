"""The process in which one delivery runs alone: ``python -m sparx_core.events.quarantined``.

A worker starts it, writes one line that names a delivery that it holds, and reads one line that
says what became of it: a failure, or ``null``.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from threading import Thread
from typing import Any
from uuid import UUID

import structlog

from sparx_core.db.connection import Database
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.failures import Failure
from sparx_core.events.held import Held
from sparx_core.events.work import LeaseLost
from sparx_core.logs import configure_logging
from sparx_core.runtime import Runtime
from sparx_core.settings import Settings

log = structlog.get_logger(__name__)


def main() -> None:
    """Run the delivery that standard input names, and answer on standard output."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a handler prints is no answer
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    Thread(target=_end_with_worker, name="parent", daemon=True).start()
    for name in ("tenant", "delivery", "token"):
        told[name] = UUID(told[name])
    settings = Settings.load()
    configure_logging(settings)
    failure = _run(settings, Held(**told))
    answer.write(json.dumps(asdict(failure) if failure else None) + "\n")
    answer.close()
    os._exit(0)  # the thread that waits for the worker holds standard input


def _run(settings: Settings, held: Held) -> Failure | None:
    runtime = Runtime.start(settings, prepare=False)
    dispatch = Database(runtime.urls.dispatch)
    try:
        handler = runtime.registry.handlers[held.handler]
        following = Dispatcher(runtime, dispatch, settings.lease_seconds).run(handler, held)
        runtime.ring(held.tenant, [following] if following else [])
    except LeaseLost:
        log.warning("lease_lost", delivery=str(held.delivery), handler=held.handler)
    except Exception as error:
        log.exception("quarantined_delivery_failed", delivery=str(held.delivery))
        return Failure.of(error)
    finally:
        dispatch.close()
        runtime.close()
    return None


def _end_with_worker() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()

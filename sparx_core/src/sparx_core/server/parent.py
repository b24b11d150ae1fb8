"""Ending with the process that started this one, even if that was killed.

``sparx dev`` hands the read end of a pipe to its children. Nobody writes to it: it ends when the
parent does, because the kernel closes the other end then.
"""

from __future__ import annotations

import os
import signal
import threading
import time

import structlog

from sparx_core.settings import PARENT_FD

log = structlog.get_logger(__name__)

#: A stop that takes longer than this, in seconds, is not a graceful one any more.
STOP_SECONDS = 35.0


def end_with_parent() -> None:
    """If there is a parent to end with, stop this process (SIGTERM) as soon as it is gone."""
    descriptor = os.environ.get(PARENT_FD, "")
    if descriptor.isdigit():
        threading.Thread(target=_watch, args=(int(descriptor),), daemon=True).start()


def _watch(descriptor: int) -> None:
    try:
        while os.read(descriptor, 1):
            pass
    except OSError:
        return  # the variable was inherited without the pipe: there is nobody to end with
    log.warning("parent_gone", action="stopping")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)

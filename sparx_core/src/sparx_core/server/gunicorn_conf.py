"""gunicorn as Sparx runs it: ``gunicorn -c python:sparx_core.server.gunicorn_conf TARGET``.

The names below are gunicorn's settings; what an operator may change comes from ``SPARX_*``.
Put a proxy that speaks TLS in front of it.
"""

from __future__ import annotations

import gc
import os
import resource
from typing import Any

from gunicorn.glogging import Logger

from sparx_core.logs import configure_logging
from sparx_core.server.parent import end_with_parent
from sparx_core.settings import Settings

_settings = Settings.load()
configure_logging(_settings)


class SharedLog(Logger):  # type: ignore[misc]
    """gunicorn's own messages, through the log of the application."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True


def on_starting(server: Any) -> None:
    end_with_parent()
    # Each connection is a file; many systems allow 1,024 unless they are asked for more.
    resource.setrlimit(_FILES, (_files, _hard))


def post_fork(server: Any, worker: Any) -> None:
    # What is imported stays. To look through it for garbage while there is ever more of it takes a
    # seventh of the time to start, and again and again while requests are answered.
    gc.disable()


def post_worker_init(worker: Any) -> None:
    gc.freeze()
    gc.enable()


_FILES = resource.RLIMIT_NOFILE
_soft, _hard = resource.getrlimit(_FILES)
_files = max(_soft, min(_hard if _hard != resource.RLIM_INFINITY else 65_536, 65_536))

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = [f"{_host}:{_settings.port}"]
workers = _settings.api_processes
worker_class = "sparx_core.server.gthread.Worker"
threads = _settings.api_threads
# Of one process. When there are more, those go that would be too slow first.
worker_connections = max(_settings.api_threads + 16, min(4_096, _files // 2))
# Connections are opened after the fork: two processes must never share one.
preload_app = False
# The heartbeat file: on a disk, a slow write would look like a worker that hangs.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
timeout = 60
graceful_timeout = 30
# Not 0, which would close every connection; how long one is kept is in bounds.py.
keepalive = 15
# A worker is not replaced after so many requests: a leak is to be found, not hidden.
max_requests = 0
# The C parser if its wheel is there for this machine.
http_parser = "auto"
# The worker and the application limit the target themselves: gunicorn knows no more than 8,190.
limit_request_line = 0
# Answers go through the event loop of the worker, which a file sent by the kernel would pass by.
sendfile = False
# Headers such as X-Forwarded-Proto are believed from these addresses only.
forwarded_allow_ips = _settings.trusted_proxies
control_socket_disable = True
# The application logs each request itself.
accesslog = None
logger_class = SharedLog

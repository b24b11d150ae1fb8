"""gunicorn as Sparx runs it: ``gunicorn -c python:sparx_core.server.gunicorn_conf TARGET``.

The names below are gunicorn's settings; what an operator may change comes from ``SPARX_*``.
Put a proxy that buffers requests in front of it: a thread serves one slow client at a time.
"""

from __future__ import annotations

import os
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


_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = [f"{_host}:{_settings.port}"]
workers = _settings.api_processes
worker_class = "sparx_core.server.gthread.Worker"
threads = _settings.api_threads
# Connections are opened after the fork: two processes must never share one.
preload_app = False
# The heartbeat file: on a disk, a slow write would look like a worker that hangs.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
timeout = 60
graceful_timeout = 30
keepalive = 15
# A worker is not replaced after so many requests: a leak is to be found, not hidden.
max_requests = 0
# The C parser if its wheel is there for this machine.
http_parser = "auto"
# Headers such as X-Forwarded-Proto are believed from these addresses only.
forwarded_allow_ips = _settings.trusted_proxies
control_socket_disable = True
# The application logs each request itself.
accesslog = None
logger_class = SharedLog

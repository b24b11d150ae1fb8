"""gunicorn's threaded worker, which stops when its work is done and not when its time is up."""

from __future__ import annotations

from gunicorn.workers.gthread import ThreadWorker

#: Seconds between two looks at connections that have become idle since.
_LOOK = 1.0


class Worker(ThreadWorker):  # type: ignore[misc]
    """Closes idle connections as soon as it has to stop.

    gunicorn's own sleeps the whole ``graceful_timeout`` while a browser, or any client, keeps a
    connection open without a request on it. Requests that are under way are finished.
    """

    alive: bool

    def is_parent_alive(self) -> bool:
        # An orphan stops as well, and may keep connections no longer than one that was told to.
        if not super().is_parent_alive():
            self.alive = False
        return self.alive

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        if not self.alive:
            super().wait_for_and_dispatch_events(0)  # what has arrived is served
            for connection in (*self.keepalived_conns, *self.pending_conns):
                connection.timeout = 0
            self.murder_keepalived()
            self.murder_pending()
            if self.nr_conns == 0:
                return
            timeout = min(timeout, _LOOK)
        super().wait_for_and_dispatch_events(timeout)

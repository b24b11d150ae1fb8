"""gunicorn's threaded worker with an event loop that reads requests and sends answers.

A thread is given a request when all of it is there, and is free as soon as the answer is made.
So a slow client costs memory for a while, within bounds, and nobody's time.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections import Counter
from functools import partial
from typing import Any

import structlog
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker

from sparx_core.errors import ApiError, BadRequest, InternalError, RequestTimeout, Unavailable
from sparx_core.server import bounds
from sparx_core.server.bounds import Bounds
from sparx_core.server.connection import Connection, Stage
from sparx_core.server.refusals import explain, refusal
from sparx_core.settings import Settings

log = structlog.get_logger(__name__)

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
#: Bytes that are read at once; connections that are accepted at once.
_RECEIVE, _ACCEPT = 65_536, 64
#: Seconds between two looks at the clock for all connections.
_LOOK = 0.25


class Worker(ThreadWorker):  # type: ignore[misc]
    """Serves HTTP/1.1 without TLS, which a proxy in front speaks."""

    alive: bool
    nr_conns: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bounds = Bounds(Settings.load())
        self.waiting: set[Connection] = set()
        self.working: dict[Connection, float] = {}
        self.addresses: Counter[str] = Counter()
        #: Bytes of bodies in memory; bodies that threads read while they arrive.
        self.held = self.streams = 0
        #: Bytes of answers that slow readers have not taken yet.
        self.unsent = 0
        self.looked = 0.0

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        if cfg.is_ssl:
            raise RuntimeError("TLS is for a proxy in front: leave certfile and keyfile away")

    # -- the event loop ------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPT):
            try:
                raw, client = listener.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._make_room()
                elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                    raise
                return
            if self.nr_conns >= self.worker_connections - 1:
                self._make_room()
            self.nr_conns += 1
            self._admit(Connection(self.cfg, raw, client, listener.getsockname(), self.bounds))

    def finish_request(self, connection: Connection, future: Any) -> None:
        """The thread has made the answer."""
        del self.working[connection]
        self.streams -= connection.streamed
        self.held -= connection.held
        keep = not future.cancelled() and future.exception() is None and future.result()
        connection.keep = bool(keep) and self.alive
        connection.stage = Stage.ANSWER
        self._guarded(self._close if connection.sock.cut else self._send, connection)

    def murder_keepalived(self) -> None:
        """gunicorn's loop calls this at every turn: refuse or drop what takes too long."""
        now = time.monotonic()
        if now - self.looked < _LOOK:
            return
        self.looked = now
        for connection in [one for one in self.waiting if one.deadline <= now]:
            self._expire(connection)
        for connection, began in list(self.working.items()):
            if now - began > bounds.REQUEST_SECONDS and not connection.streamed:
                self._give_up(connection, now - began)

    def is_parent_alive(self) -> bool:
        # An orphan stops as well, and may keep connections no longer than one that was told to.
        if not super().is_parent_alive():
            self.alive = False
        return self.alive

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        if not self.alive:
            # What has arrived is served; a browser's connection without a request is not kept.
            super().wait_for_and_dispatch_events(0)
            for connection in [one for one in self.waiting if one.stage is Stage.IDLE]:
                self._drop(connection)
            if self.nr_conns == 0:
                return
        super().wait_for_and_dispatch_events(min(timeout, _LOOK))

    # -- in a thread ---------------------------------------------------------------------------

    def handle(self, connection: Connection) -> bool:
        """Answer a request; whether the connection may have another one."""
        try:
            return bool(self.handle_request(connection.request, connection))
        except StopIteration:
            pass  # the answer failed half way, which gunicorn has logged
        except OSError as error:
            log.debug("client_gone", problem=str(error))
        except Exception:
            log.exception("answer_failed", path=connection.request.path)
            connection.sock.cut_off(refusal(InternalError()))
        return False

    # -- a connection's way --------------------------------------------------------------------

    def _admit(self, connection: Connection) -> None:
        address = connection.address
        self.addresses[address] += 1
        most = self.bounds.per_address
        if most and self.addresses[address] > most and not self.bounds.is_exempt(address):
            self._refuse(connection, Unavailable("There are too many connections of this address."))
        else:
            self._watch(connection, _READ)

    def _readable(self, connection: Connection) -> None:
        try:
            data = connection.raw.recv(_RECEIVE)
        except BlockingIOError:
            return
        if connection.stage is Stage.CLOSING:
            self._discard(connection, len(data))
        elif data:
            self._take(connection, data)
        elif connection.stage is Stage.IDLE:
            self._drop(connection)
        else:
            self._refuse(connection, BadRequest("The request ended early."))

    def _take(self, connection: Connection, data: bytes) -> None:
        before = connection.held
        try:
            complete = connection.take(data)
        except ApiError as error:
            self.held += connection.held - before
            self._refuse(connection, error)
            return
        except (ParseException, OSError, StopIteration) as error:
            self.held += connection.held - before
            self._refuse(connection, explain(error))
            return
        self.held += connection.held - before
        if complete:
            self._hand_over(connection)
        elif self.held > bounds.HELD_BYTES and connection.held > bounds.SMALL_BYTES:
            self._refuse(connection, Unavailable("Too much is being received at the moment."))
        else:
            self._watch(connection, _READ)

    def _hand_over(self, connection: Connection) -> None:
        if connection.streamed and self.streams >= self.bounds.streams:
            connection.streamed = False
            self._refuse(connection, Unavailable("Too many files are being received."))
            return
        self._watch(connection, 0)
        connection.stage = Stage.WORK
        self.streams += connection.streamed
        self.working[connection] = time.monotonic()
        self.enqueue_req(connection)

    def _send(self, connection: Connection) -> None:
        """Send what the kernel takes of an answer, and go on when all of it is sent."""
        now, out = time.monotonic(), connection.sock
        out.pace.note(now - connection.since if connection.events else 0.0, out.flush())
        self._note_unsent(connection, out.size)
        if out.size:
            connection.since, connection.deadline = now, now + out.pace.patience()
            self._watch(connection, _WRITE)
            while self.unsent > bounds.HELD_BYTES:
                self._drop(max(self.waiting, key=lambda one: one.unsent))
        elif not connection.keep or not self.alive:
            self._close(connection)
        elif rest := connection.reset():
            self._take(connection, rest)
        else:
            self._watch(connection, _READ)

    def _note_unsent(self, connection: Connection, size: int) -> None:
        self.unsent += size - connection.unsent
        connection.unsent = size

    def _refuse(self, connection: Connection, error: ApiError) -> None:
        """Answer without a thread, and close."""
        self.held -= connection.held
        connection.held = 0
        request = connection.request
        connection.sock.cut_off(
            refusal(
                error,
                address=connection.address,
                method=request and request.method,
                path=request and request.path,
            )
        )
        self._close(connection)

    def _close(self, connection: Connection) -> None:
        """Close; but what the client sends meanwhile must not destroy its answer on the way."""
        connection.stage = Stage.CLOSING
        connection.deadline = time.monotonic() + bounds.LINGER_SECONDS
        try:
            connection.raw.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(connection)
        else:
            self._watch(connection, _READ)

    def _discard(self, connection: Connection, arrived: int) -> None:
        connection.discarded += arrived
        if not arrived:
            self._drop(connection)
        elif connection.discarded > bounds.LINGER_BYTES:
            self._watch(connection, 0)  # and not read on, so that a client that sends on waits
            self.waiting.add(connection)

    def _expire(self, connection: Connection) -> None:
        if connection.stage in (Stage.HEAD, Stage.BODY):
            self._guarded(self._refuse, connection, RequestTimeout())
        else:
            self._drop(connection)

    def _give_up(self, connection: Connection, seconds: float) -> None:
        """Tell the client; the thread goes on, because nothing can stop it."""
        path = connection.request.path
        if not connection.sock.cut and not connection.sock.begun:
            connection.sock.cut_off(refusal(Unavailable(), path=path))
            log.error("request_overdue", path=path, seconds=round(seconds, 1))
        elif connection.sock.cut and seconds > bounds.STUCK_SECONDS and self.alive:
            log.error("worker_stuck", path=path, seconds=round(seconds, 1), action="replaced")
            self.alive = False

    def _make_room(self) -> None:
        """Drop the connection that would be dropped first."""
        if self.waiting:
            self._drop(min(self.waiting, key=lambda one: one.deadline))

    def _drop(self, connection: Connection) -> None:
        if connection.stage is Stage.GONE:
            return
        self._watch(connection, 0)
        self.held -= connection.held if connection.stage is Stage.BODY else 0
        self._note_unsent(connection, 0)
        connection.stage = Stage.GONE
        self.nr_conns -= 1
        self.addresses[connection.address] -= 1
        if not self.addresses[connection.address]:
            del self.addresses[connection.address]
        connection.raw.close()

    def _watch(self, connection: Connection, events: int) -> None:
        """Wait for these events of a connection, or for none."""
        if events and not connection.events:
            self.poller.register(connection.raw, events, partial(self._ready, connection))
        elif connection.events and not events:
            self.poller.unregister(connection.raw)
        elif events != connection.events:
            self.poller.modify(connection.raw, events, partial(self._ready, connection))
        connection.events = events
        if events:
            self.waiting.add(connection)
        else:
            self.waiting.discard(connection)

    def _ready(self, connection: Connection, _: Any) -> None:
        if connection not in self.waiting:
            return  # dropped by an event of the same turn
        step = self._send if connection.stage is Stage.ANSWER else self._readable
        self._guarded(step, connection)

    def _guarded(self, step: Any, connection: Connection, *arguments: Any) -> None:
        """Whatever happens to one connection is no matter of the others."""
        try:
            step(connection, *arguments)
        except OSError:
            self._drop(connection)
        except Exception:
            log.exception("connection_failed", stage=connection.stage.name)
            self._drop(connection)

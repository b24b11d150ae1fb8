"""The way of an answer to its client, in place of the socket that gunicorn writes to."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from threading import Lock

from sparx_core.server.bounds import ANSWER_BYTES, Pace

#: Parts that are given to the kernel at once.
_PARTS = 64
#: Nothing is made after it, so nobody need wait to send it.
_LAST_CHUNK = b"0\r\n\r\n"


class Outgoing:
    """Takes an answer without waiting for a slow reader, as long as it is of an ordinary size.

    What the kernel does not take is kept for the event loop. Only a thread that goes on making an
    answer, as of a file, when ``ANSWER_BYTES`` of it wait already, has to wait for its client, who
    must keep the least rate.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.pace = Pace()
        #: Bytes that were not sent yet.
        self.size = 0
        #: Whether a part of an answer was written, and whether nothing more is to be.
        self.begun = self.cut = False
        self._parts: deque[memoryview] = deque()
        self._lock = Lock()

    def begin(self) -> None:
        """Another answer comes."""
        self.pace, self.begun = Pace(), False

    def sendall(self, data: bytes) -> None:
        """Called by gunicorn, in a thread."""
        while self.size > ANSWER_BYTES and data != _LAST_CHUNK:
            self._wait()
        with self._lock:
            if self.cut:
                raise BrokenPipeError("the client was told that the request failed")
            self._parts.append(memoryview(data))
            self.size += len(data)
            if self.begun:
                self._flush()
            # The headers, which come first, leave with what follows.
            self.begun = True

    def send(self, data: bytes) -> int:
        self.sendall(data)
        return len(data)

    def flush(self) -> int:
        """Send what can be sent at once; how much that was."""
        with self._lock:
            return self._flush()

    def cut_off(self, last: bytes) -> bool:
        """Send ``last`` in place of an answer and nothing afterwards; False if one has begun."""
        with self._lock:
            if self.begun or self.cut:
                return False
            self._parts.append(memoryview(last))
            self.size += len(last)
            try:
                self._flush()
                self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # nobody is there to be told
            self.cut = True
            return True

    def shutdown(self, how: int) -> None:
        """gunicorn ends a connection whose answer failed half way."""
        self.flush()
        self.sock.shutdown(how)

    def close(self) -> None:
        self.cut = True

    def _wait(self) -> None:
        patience = self.pace.patience()
        began = time.monotonic()
        poll = select.poll()
        poll.register(self.sock, select.POLLOUT)
        if patience <= 0 or not poll.poll(patience * 1000):
            self.cut = True
            raise TimeoutError("the client reads its answer too slowly")
        self.pace.note(time.monotonic() - began, self.flush())

    def _flush(self) -> int:
        total = 0
        while self._parts:
            try:
                sent = self.sock.sendmsg([self._parts[at] for at in range(self._few())])
            except BlockingIOError:
                break
            total += sent
            self._forget(sent)
        self.size -= total
        return total

    def _few(self) -> int:
        return min(len(self._parts), _PARTS)

    def _forget(self, sent: int) -> None:
        while self._parts and sent >= len(self._parts[0]):
            sent -= len(self._parts.popleft())
        if sent:
            self._parts[0] = self._parts[0][sent:]

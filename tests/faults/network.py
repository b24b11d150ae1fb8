"""A network that can be cut: a namespace with one end of a virtual cable in it."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Network:
    """``inside`` is an address in the namespace, which this machine reaches over the cable."""

    def __init__(self) -> None:
        number = os.getpid() % 60_000
        self.name = f"sparx-test-{number}"
        self._outer, self._inner = f"spxo{number}", f"spxi{number}"
        network = f"10.213.{number % 250}"
        self.outside, self.inside = f"{network}.1", f"{network}.2"

    def __enter__(self) -> Network:
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", self._outer, "type", "veth", "peer", "name", self._inner)
            _ip("link", "set", self._inner, "netns", self.name)
            _ip("addr", "add", f"{self.outside}/24", "dev", self._outer)
            _ip("link", "set", self._outer, "up")
            self._within("addr", "add", f"{self.inside}/24", "dev", self._inner)
            self._within("link", "set", "lo", "up")
            self.mend()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _ip("netns", "del", self.name)  # and the cable with it

    def cut(self) -> None:
        """Nothing arrives any more, and nobody is told."""
        self._within("link", "set", self._inner, "down")

    def mend(self) -> None:
        self._within("link", "set", self._inner, "up")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """What this thread starts meanwhile lives in the namespace."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        other = os.open(Path("/run/netns") / self.name, os.O_RDONLY)
        try:
            _enter(other)
            try:
                yield
            finally:
                _enter(own)
        finally:
            os.close(own)
            os.close(other)

    def _within(self, *arguments: str) -> None:
        _ip("-n", self.name, *arguments)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

"""A world with one client and a canary at every address: run with ``unshare --net``.

Two network namespaces and a cable between them. In the other one every address is local, so that
somebody listens wherever a packet goes; in ours there are canaries on all of the loopback network.
Reads URLs and a zone as JSON, and prints what became of them and what the canaries saw. Whatever it
made is gone when its processes are.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Any

from sparx_core.outbound import Outbound, OutboundError, client, connection
from sparx_core.outbound.resolver import Resolver

from .names import name_server

PORTS = (443, 80, 22, 5432, 6379)
#: Where only the canaries themselves connect to.
_MARK = "127.9.9.9"
#: Of networks that nobody is sent to, so that no rule is about them alone.
_HERE, _THERE = ("198.19.0.1/30", "3fff:ffff::1/126"), ("198.19.0.2/30", "3fff:ffff::2/126")


class Canaries:
    """Takes connections at every address of its namespace, and notes which one was meant."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._listening = [
            socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
            for port in PORTS
        ]
        for one in self._listening:
            Thread(target=self._listen, args=(one,), daemon=True).start()

    def _listen(self, listening: socket.socket) -> None:
        while True:
            connection, _ = listening.accept()
            meant = connection.getsockname()[0].removeprefix("::ffff:")
            self.seen.append(f"{meant} {connection.getsockname()[1]}")
            connection.close()

    def settled(self) -> list[str]:
        """What was seen until now: a connection of our own to each port comes after all others."""
        own = {f"{_MARK} {port}" for port in PORTS}
        for port in PORTS:
            socket.create_connection((_MARK, port), timeout=30).close()
        while not own <= set(self.seen):
            time.sleep(0.01)
        found, self.seen = [one for one in self.seen if one not in own], []
        return found


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _plug(device: str, addresses: tuple[str, str]) -> None:
    _ip("link", "set", "lo", "up")
    for address in addresses:
        _ip("addr", "add", address, "dev", device, *(["nodad"] if ":" in address else []))
    _ip("link", "set", device, "up")


def elsewhere() -> None:
    """The other namespace: says that it is there, waits for the cable, answers what it saw."""
    print("born", flush=True)
    sys.stdin.readline()
    _plug("there", _THERE)
    # In the main table, where the way back is the longer match.
    _ip("route", "add", "local", "default", "dev", "lo", "table", "main")
    _ip("-6", "route", "add", "local", "default", "dev", "lo", "table", "main")
    canaries = Canaries()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(canaries.settled()), flush=True)


class Elsewhere:
    """The other namespace, from here."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, word: str) -> str:
        assert self._process.stdin is not None
        print(word, file=self._process.stdin, flush=True)
        return self.hear()

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def seen(self) -> list[str]:
        return list(json.loads(self.say("seen")))


@contextmanager
def cable() -> Iterator[Elsewhere]:
    command = ["unshare", "--net", sys.executable, "-m", "outbound.island", "elsewhere"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        there = Elsewhere(process)
        assert there.hear() == "born"
        other = ["peer", "name", "there", "netns", str(process.pid)]
        _ip("link", "add", "here", "type", "veth", *other)
        _plug("here", _HERE)
        assert there.say("plugged") == "ready"
        for family, address in zip(("-4", "-6"), _THERE, strict=True):
            gateway = address.partition("/")[0]
            _ip(family, "route", "add", "default", "via", gateway, "dev", "here")
        yield there


def reachable(address: str) -> bool:
    """Whether a client that checks nothing gets a connection."""
    try:
        socket.create_connection((address.strip("[]"), 443), timeout=2).close()
    except OSError:
        return False
    return True


def outcome(asking: Outbound, url: str) -> str:
    try:
        return str(asking.send("POST", url, body=b"{}").status)
    except OutboundError as error:
        return error.kind


def main() -> None:
    given: dict[str, Any] = json.load(sys.stdin)
    # A busy machine may take longer than the shorter deadlines.
    client.DNS_SECONDS = connection.CONNECT_SECONDS = connection.TLS_SECONDS = 60.0
    with ExitStack() as stack:
        there = stack.enter_context(cable())
        here = Canaries()
        names = stack.enter_context(name_server())
        names.zone.update(given["zone"])
        turns = given["turns"]
        names.zone["flip.example"] = lambda before: turns[before % len(turns)]
        asking = Outbound(resolve=Resolver(names.resolver()))
        reached = [one for one in given["addresses"] if reachable(one)]
        there.seen()
        here.settled()
        refused = {url: outcome(asking, url) for url in given["urls"]}
        seen = [here.settled(), there.seen()]
        flips = [outcome(asking, "https://flip.example/") for _ in range(20)]
        flipped = [here.settled(), there.seen()]
        public = {url: outcome(asking, url) for url in given["public"]}
        answer = {"reached": reached, "refused": refused, "seen": seen, "flips": flips}
        answer |= {"flipped": flipped, "public": public, "heard": there.seen()}
        print(json.dumps(answer), flush=True)
        os._exit(0)


if __name__ == "__main__":
    elsewhere() if sys.argv[1:] == ["elsewhere"] else main()

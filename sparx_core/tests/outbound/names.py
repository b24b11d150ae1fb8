"""A name server on the loopback interface, whose answers a test writes."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

#: Records of an answer as text, ``A 10.0.0.1``, those of another name with it in front; None for
#: no answer at all, and a number for a code.
Answer = list[str] | None | dns.rcode.Rcode


@dataclass
class NameServer:
    """``zone`` maps a name to what it answers; a function is told how often it was asked before."""

    port: int = 0
    #: Seconds for which answers may be remembered.
    ttl: int = 0
    zone: dict[str, Answer | Callable[[int], Answer]] = field(default_factory=dict)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def resolver(self) -> dns.resolver.Resolver:
        found = dns.resolver.Resolver(configure=False)
        found.nameservers, found.port = ["127.0.0.1"], self.port
        found.timeout = 60.0  # a lost datagram there is none
        return found

    def _answer(self, data: bytes) -> bytes | None:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        before = self.asked[name, kind]
        self.asked[name, kind] += 1
        answer = self.zone.get(name, dns.rcode.NXDOMAIN)
        if callable(answer):
            answer = answer(before)
        if answer is None:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if isinstance(answer, dns.rcode.Rcode):
            response.set_rcode(answer)
            return response.to_wire()
        for line in answer:
            *owner, found, value = line.split()
            if found in (kind, "CNAME"):
                owned = owner[0] if owner else f"{name}."
                response.answer.append(dns.rrset.from_text(owned, self.ttl, "IN", found, value))
        return response.to_wire()

    def serve(self, socket_: socket.socket, stop: Event) -> None:
        socket_.settimeout(0.1)
        while not stop.is_set():
            try:
                data, sender = socket_.recvfrom(4096)
            except TimeoutError:
                continue
            answer = self._answer(data)
            if answer is not None:
                socket_.sendto(answer, sender)


@contextmanager
def name_server() -> Iterator[NameServer]:
    stop = Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        server = NameServer(listening.getsockname()[1])
        thread = Thread(target=server.serve, args=(listening, stop))
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            thread.join()

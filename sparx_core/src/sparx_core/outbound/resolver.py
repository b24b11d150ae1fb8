"""Looking up a name: all of its addresses, once for a request, and never by the C library.

``getaddrinfo`` takes ``0x7f.1`` and full-width digits for addresses, has no deadline, and would ask
again when a connection is made. Names of ``/etc/hosts`` and search domains are of this machine and
not of the tenant's world: they are not looked at.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from itertools import chain, zip_longest
from threading import Lock

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from sparx_core.outbound.addresses import Address, parse_address
from sparx_core.outbound.deadline import Deadline, timed_out
from sparx_core.outbound.errors import OutboundError

#: Seconds after which the next name server is asked.
_SERVER_SECONDS = 0.9
#: Seconds between looks at whether the machine has other name servers now.
_FRESH_SECONDS = 5.0
_CONFIGURATION = "/etc/resolv.conf"
#: Answers that a process remembers, and seconds for which it does, if they say so of themselves.
_MAX_REMEMBERED = 10_000
_REMEMBERED_SECONDS = 30.0


class Resolver:
    """Asks the name servers of ``/etc/resolv.conf``, or those of ``configured``."""

    def __init__(self, configured: dns.resolver.Resolver | None = None) -> None:
        self._fixed = configured
        if configured is not None:
            configured.cache = _Remembered(_MAX_REMEMBERED)
        self._read: dns.resolver.Resolver | None = None
        self._changed_at: float | None = None
        self._looked_at = 0.0
        self._lock = Lock()

    def __call__(self, name: str, deadline: Deadline) -> Sequence[Address]:
        """All addresses of a name, of both families in turn. Raises ``dns`` or ``timeout``."""
        asked = dns.name.from_text(name)
        resolver = self._fixed or self._configured()
        families: list[list[Address]] = []
        failure: OutboundError | None = None
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            try:
                families.append(_ask(resolver, asked, kind, deadline))
            except OutboundError as error:
                failure = failure or error
        # There are name servers that never answer for AAAA: what is known is enough.
        found = [one for one in chain(*zip_longest(*families)) if one is not None]
        if found:
            return found
        raise failure or OutboundError("dns", "The name of the server has no address.")

    def _configured(self) -> dns.resolver.Resolver:
        """What the machine's configuration says now; a worker runs for months."""
        with self._lock:
            now = time.monotonic()
            if self._read is None or now > self._looked_at + _FRESH_SECONDS:
                self._looked_at = now
                self._look_at_file()
            if self._read is None:
                raise OutboundError("dns", "No name server is configured.")
            return self._read

    def _look_at_file(self) -> None:
        try:
            changed_at = os.stat(_CONFIGURATION).st_mtime
            if self._read is None or changed_at != self._changed_at:
                self._read = _ours(dns.resolver.Resolver(_CONFIGURATION))
                self._changed_at = changed_at
        except (OSError, dns.exception.DNSException):
            return  # what was read before is the best guess


class _Remembered(dns.resolver.LRUCache):
    """Answers for as long as they say, but not long: two look-ups cost more than a request.

    What is remembered is checked like what was just asked. An answer with a time to live of zero,
    as one that changes with every question has, is never used twice.
    """

    def put(self, key: dns.resolver.CacheKey, value: dns.resolver.Answer) -> None:
        value.expiration = min(value.expiration, time.time() + _REMEMBERED_SECONDS)
        super().put(key, value)


def _ours(resolver: dns.resolver.Resolver) -> dns.resolver.Resolver:
    resolver.cache = _Remembered(_MAX_REMEMBERED)
    resolver.timeout = _SERVER_SECONDS
    resolver.search, resolver.use_search_by_default = [], False
    return resolver


def _ask(
    resolver: dns.resolver.Resolver,
    name: dns.name.Name,
    kind: dns.rdatatype.RdataType,
    deadline: Deadline,
) -> list[Address]:
    """The addresses of one family. Aliases are followed inside the answer; their end counts."""
    try:
        answer = resolver.resolve(
            name,
            kind,
            raise_on_no_answer=False,
            lifetime=deadline.left("looking up the name"),
            search=False,
        )
    except dns.resolver.NXDOMAIN:
        raise OutboundError("dns", "The name of the server does not exist.") from None
    except dns.exception.Timeout:
        raise timed_out("looking up the name") from None
    except (dns.exception.DNSException, OSError, ValueError):
        # No server answered with sense: refused, broken, or an endless chain of aliases.
        raise OutboundError("dns", "The name of the server could not be looked up.") from None
    addresses = [parse_address(record.to_text()) for record in answer.rrset or ()]
    return [one for one in addresses if one is not None]

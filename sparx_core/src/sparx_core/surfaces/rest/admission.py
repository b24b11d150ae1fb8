"""Who may ask now: rates by key, tenant and address, and a tenant's share of the threads.

All of it is decided before a body is read or a transaction is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import falcon

from sparx_core.auth.keys import PresentedKey, bearer
from sparx_core.errors import RateLimited
from sparx_core.limits.addresses import client_address, trusted_networks
from sparx_core.limits.callers import Callers, name_of
from sparx_core.limits.counter import Counter, Standing
from sparx_core.limits.rate import Rate
from sparx_core.limits.store import Store
from sparx_core.limits.threads import SPARED, TenantThreads
from sparx_core.links.tokens import is_public
from sparx_core.settings import Settings

#: What asks whether the process lives and serves is never refused.
_PROBES = ("/health", "/ready")
#: Bytes of a file that are sent at once.
_CHUNK = 65_536


class Admission:
    """Middleware. A key that nobody was admitted with yet is a stranger's: what it is refused for
    counts for the address that it came from, or else inventing keys would be free.
    """

    def __init__(self, settings: Settings, callers: Callers) -> None:
        self.callers = callers
        store = Store(settings.redis_url)

        def counter(name: str, rate: Rate | None) -> Counter | None:
            return Counter(name, rate, store, settings.api_processes) if rate else None

        self._by_key = counter("key", settings.rate_limit_key)
        self._by_tenant = counter("tenant", settings.rate_limit_tenant)
        self._by_address = counter("address", settings.rate_limit_address)
        self._trusted = trusted_networks(settings.trusted_proxies)
        most = settings.tenant_threads
        if most is None:
            most = max(1, settings.api_threads - SPARED)
        self.threads = TenantThreads(most, settings.api_threads) if most else None

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        if request.path in _PROBES:
            return
        key = _key(request)
        if key is None:
            if self._by_address is not None:
                _refuse_if_over([self._by_address.take(self._address(request))])
            return
        caller = self.callers.find(key)
        if caller is None and self._by_address is not None:
            _refuse_if_over([self._by_address.look(self._address(request))])
        name, tenant = (name_of(key), None) if caller is None else (caller.name, caller.tenant)
        self._count(name, tenant, response)
        if self.threads is not None:
            self._enter(self.threads, tenant or name, request)

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        leave: Callable[[], None] | None = getattr(request.context, "leave", None)
        if leave is not None:
            request.context.leave = None
            if response.stream is None or request.method == "HEAD":
                leave()
            else:  # it is being made while it is sent
                response.stream = _Stream(response.stream, leave)
        if response.status_code != 401 or self._by_address is None:
            return
        if _key(request) is not None:
            self._by_address.take(self._address(request))

    def _count(self, name: str, tenant: str | None, response: falcon.Response) -> None:
        standings = []
        if self._by_key is not None:
            standings.append(self._by_key.take(name))
        # A request that is refused for its key's sake is not its tenant's.
        refused = any(one.refused for one in standings)
        if self._by_tenant is not None and tenant is not None and not refused:
            standings.append(self._by_tenant.take(tenant))
        if standings:
            response.set_header("RateLimit-Policy", ", ".join(one.policy for one in standings))
            response.set_header("RateLimit", ", ".join(one.state for one in standings))
            _refuse_if_over(standings)

    def _enter(self, threads: TenantThreads, name: str, request: falcon.Request) -> None:
        if not threads.enter(name):
            raise RateLimited(
                "Too many requests of this tenant are being worked on.",
                headers={"Retry-After": "1"},
            )
        request.context.leave = lambda: threads.leave(name)

    def _address(self, request: falcon.Request) -> str:
        peer = request.env.get("REMOTE_ADDR", "")
        return client_address(peer, request.get_header("X-Forwarded-For"), self._trusted)


def _key(request: falcon.Request) -> PresentedKey | None:
    """The key that a request shows. Where links are used it is none, whatever comes along: or else
    an invented key, a new one each time, would be a way to guess tokens without being counted.
    """
    return None if is_public(request.path) else bearer(request.get_header("Authorization"))


def _refuse_if_over(standings: Iterable[Standing]) -> None:
    for one in standings:
        if one.refused:
            raise RateLimited(
                f"More than {one.quota} requests in {one.seconds} seconds by this {one.limit}.",
                headers={"Retry-After": str(one.reset)},
            )


class _Stream:
    """A body whose end, or whose client's, is the end of the request."""

    def __init__(self, stream: Any, ended: Callable[[], None]) -> None:
        self._stream, self._ended = stream, ended

    def __iter__(self) -> Iterator[bytes]:
        if hasattr(self._stream, "read"):
            return iter(lambda: self._stream.read(_CHUNK), b"")
        return iter(self._stream)

    def close(self) -> None:
        close = getattr(self._stream, "close", None)
        try:
            if close is not None:
                close()
        finally:
            ended, self._ended = self._ended, _nothing
            ended()

    def __del__(self) -> None:
        self._ended()  # of a body that was never sent, because an error was instead


def _nothing() -> None:
    """It has ended already."""

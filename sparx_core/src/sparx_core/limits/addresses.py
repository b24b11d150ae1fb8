"""Where a request came from, for those who show no key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Networks = Sequence[IPv4Network | IPv6Network]

#: Somebody who has one IPv6 address has a network of so many bits of them.
_V6_BITS = 64
#: Addresses of proxies that are looked at, from the last one on.
_MAX_HOPS = 20


def trusted_networks(text: str) -> Networks:
    """The networks of ``SPARX_TRUSTED_PROXIES``."""
    return tuple(ip_network(part.strip()) for part in text.split(","))


def client_address(peer: str, forwarded: str | None, trusted: Networks) -> str:
    """The address of the client, or its IPv6 network.

    ``X-Forwarded-For`` is believed as far as trusted proxies wrote it: from its end to the first
    address that is none of theirs. A peer without an address is a proxy on a Unix socket.
    """
    if forwarded and (not peer or _is_trusted(peer, trusted)):
        hops = [hop.strip() for hop in forwarded.split(",")[-_MAX_HOPS:]]
        for hop in reversed(hops):
            if _name(hop) is None:
                break  # what an unknown wrote
            peer = hop
            if not _is_trusted(hop, trusted):
                break
    return _name(peer) or "unknown"


@lru_cache(maxsize=1024)
def _is_trusted(address: str, trusted: Networks) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in trusted)


@lru_cache(maxsize=1024)
def _name(address: str) -> str | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Network((found, _V6_BITS), strict=False))
    return str(found)

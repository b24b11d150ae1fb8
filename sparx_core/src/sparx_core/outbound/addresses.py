"""Which addresses are never connected to.

The table is written out, because what ``ipaddress`` calls global has holes: addresses that hold an
IPv4 address, retired networks, and servers of clouds that answer for whoever asks from inside.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]
#: Which private addresses are allowed: none, those of this machine's loopback, or all.
Private = bool | Literal["loopback"]


def _networks(text: str) -> Networks:
    return tuple(ip_network(one) for one in text.split())


#: Allowed with ``loopback`` and with True.
LOOPBACK = _networks("127.0.0.0/8 ::1/128")
#: Allowed with True.
PRIVATE = _networks("10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16 fc00::/7")
#: Never allowed: what clouds tell their machines, credentials included. Those of link-local
#: networks are in the table below.
METADATA = _networks(
    "168.63.129.16/32 100.100.100.200/32 192.0.0.192/32 fd00:ec2::/32 fd20:ce::/32"
)
#: Never allowed: no server of anybody's is there, or an IPv4 address hides in it.
RESERVED = _networks(
    "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15"
    " 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32"
    " ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23"
    " 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fe80::/10 fec0::/10 ff00::/8"
)
#: Whatever is not in it, and not in the tables above, belongs to nobody yet.
_GLOBAL_V6 = IPv6Network("2000::/3")

#: A port for asking the routing table; nothing is sent there.
_DISCARD = 9


def parse_address(text: str) -> Address | None:
    """The address that a text is, in its only form; None for a name or for another form."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return None if isinstance(found, IPv6Address) and found.scope_id else unwrapped(found)


def unwrapped(address: Address) -> Address:
    """The IPv4 address inside ``::ffff:a.b.c.d``, which a socket connects to.

    The other forms that hold one (compatible, translated, 6to4, NAT64, Teredo) are refused whatever
    they hold, so that nothing depends on what a router makes of them.
    """
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def is_loopback(address: Address) -> bool:
    return _is_in(address, LOOPBACK)


def is_allowed(address: Address, private: Private, denied: Networks = ()) -> bool:
    """Whether a tenant may have a request sent to ``address``; ``denied`` is the operator's."""
    if _is_in(address, METADATA) or _is_in(address, denied):
        return False
    if is_loopback(address):
        return bool(private)
    if _is_in(address, PRIVATE):
        return private is True
    if _is_in(address, RESERVED) or not (address.version == 4 or address in _GLOBAL_V6):
        return False
    return private is True or not is_own(address)


def is_own(address: Address) -> bool:
    """Whether this machine has the address at one of its interfaces.

    What it has it would also send from: connecting a datagram socket asks the routing table, and
    sends nothing.
    """
    probe = open_socket(address, socket.SOCK_DGRAM)
    if probe is None:
        return False
    with probe:
        try:
            probe.connect((str(address), _DISCARD))
            return parse_address(str(probe.getsockname()[0])) == address
        except OSError:
            return False  # there is no way to it at all


def open_socket(address: Address, kind: socket.SocketKind) -> socket.socket | None:
    """A socket for the address's family; None if this machine does not have it.

    Any other failure is one of this process, such as too many open files, and raises ``OSError``.
    """
    try:
        return socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, kind)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:
            return None
        raise


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)

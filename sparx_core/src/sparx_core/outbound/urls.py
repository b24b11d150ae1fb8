"""Reading a URL that somebody else wrote: one parser, strict, written out again.

What two programs could read differently is refused rather than put right: the URL that is checked
is the one that is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import idna

from sparx_core.outbound.addresses import (
    Address,
    Networks,
    Private,
    is_allowed,
    is_loopback,
    parse_address,
)
from sparx_core.outbound.errors import OutboundError, blocked

#: Characters of a URL, and of the name in it.
MAX_URL = 2048
_MAX_NAME = 253
#: What ``localhost`` and names under it are, without looking them up (RFC 6761).
_LOCALHOST = (IPv4Address("127.0.0.1"), IPv6Address("::1"))

_PORTS = {"https": 443, "http": 80}
_SUSPICIOUS = re.compile(r"[\x00-\x20\x7f-\xa0\\]|\s")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]+))?")
_NAMED = re.compile(r"([^\[\]:]+)(?::([0-9]+))?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: What ends like a number is a number in one of its disguises, or nothing: ``127.1``, ``0x7f.1``.
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_PATH = re.compile(rf"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|{_ESCAPED})*)?")
_QUERY = re.compile(rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]-]|{_ESCAPED})*")


@dataclass(frozen=True)
class Target:
    """Where a request goes. ``addresses`` are those of a host that needs no look-up."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[Address, ...]

    @property
    def authority(self) -> str:
        """The host as in ``Host``: with the port, unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def check_url(url: str, *, allow_private: Private = False, denied: Networks = ()) -> str:
    """The URL as it will be used. Raises ``OutboundError``: ``invalid_url`` or ``blocked``.

    Nothing is looked up: the addresses of a name are checked whenever something is sent there.
    """
    target = parse_url(url, allow_private)
    if not all(is_allowed(one, allow_private, denied) for one in target.addresses):
        raise blocked()
    return str(target)


def parse_url(url: str, private: Private) -> Target:
    """Read a URL; the addresses that it may have are not checked. Raises ``invalid_url``."""
    if len(url) > MAX_URL:
        raise _invalid(f"The URL is longer than {MAX_URL} characters.")
    if _SUSPICIOUS.search(url):
        raise _invalid("The URL holds a space, a control character or a backslash.")
    if "#" in url:
        raise _invalid("The URL has a fragment, which no server would see.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _invalid("The URL cannot be read.") from None
    if parts.scheme not in _PORTS:
        raise _invalid("The URL does not begin with https://.")
    host, given_port = _split(parts.netloc)
    host, addresses = _host(host, private)
    port = _port(given_port, parts.scheme)
    _require_usual(parts.scheme, port, addresses, private)
    if not _PATH.fullmatch(parts.path) or not _QUERY.fullmatch(parts.query):
        raise _invalid("The path or query holds characters that must be percent-encoded.")
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, host, port, (parts.path or "/") + query, addresses)


def _split(authority: str) -> tuple[str, str | None]:
    if "@" in authority:
        raise _invalid("The URL holds a user name or a password.")
    if not authority:
        raise _invalid("The URL has no host.")
    found = _BRACKETED.fullmatch(authority)
    if found is not None:
        if ":" not in found[1]:
            raise _invalid("Only an IPv6 address stands in brackets.")
        return found[1], found[2]
    found = _NAMED.fullmatch(authority)
    if found is None:
        raise _invalid("The host of the URL cannot be read.")
    return found[1], found[2]


def _port(given: str | None, scheme: str) -> int:
    if given is None:
        return _PORTS[scheme]
    if not _PORT.fullmatch(given) or int(given) > 65535:
        raise _invalid("The port is not a number from 1 to 65535.")
    return int(given)


def _require_usual(
    scheme: str, port: int, addresses: tuple[Address, ...], private: Private
) -> None:
    """https and port 443, except where private addresses are allowed."""
    if private is True or (private and addresses and all(map(is_loopback, addresses))):
        return
    if scheme != "https":
        raise _invalid("The URL does not begin with https://.")
    if port != _PORTS["https"]:
        raise _invalid("Only port 443 is allowed.")


def _host(given: str, private: Private) -> tuple[str, tuple[Address, ...]]:
    """The host in its only form: a name in lower case, or an address, which comes along."""
    if ":" in given:
        address = parse_address(given)
        if address is None:
            raise _invalid("The host is not an IPv6 address.")
        return str(address), (address,)
    name = given.lower() if given.isascii() else _encoded(given)
    labels = name.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        address = parse_address(name)
        if address is None:
            raise _invalid("The host is a number, and not an IPv4 address in its usual form.")
        return name, (address,)
    if len(name) > _MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise _invalid("The host is not the name of a server.")
    if labels[-1] == "localhost":
        return name, _LOCALHOST
    if len(labels) == 1 and private is not True:
        raise _invalid("The host is a name without a domain.")
    return name, ()


def _encoded(host: str) -> str:
    """A name in other letters, as DNS has it; IDNA 2008 refuses what only looks like letters.

    Letters outside of ASCII have to be small already: what a large one becomes is a matter of
    opinion.
    """
    small = "".join(one.lower() if one.isascii() else one for one in host)
    try:
        return idna.encode(small, strict=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise _invalid("The host is not a name by IDNA 2008.") from None


def _invalid(message: str) -> OutboundError:
    return OutboundError("invalid_url", message)

"""The revisions of the protocol: which one a message is of, and what it then has to carry.

2026-07-28 has no handshake: each request says its revision and what its client can do, in ``_meta``
and once more in headers, which those in between may go by. So both have to say the same. Before
it, a client said so once, with ``initialize``, and names the revision in a header since then.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sparx_ai.protocol.faults import HeaderMismatch, InvalidParams, UnsupportedVersion
from sparx_ai.protocol.messages import Message

STATELESS = "2026-07-28"
#: Revisions with a handshake, the one first that is offered to clients that ask for another.
HANDSHAKE = ("2025-11-25", "2025-06-18")
#: What ``server/discover`` tells: revisions that a request may name in ``_meta``.
SUPPORTED = (STATELESS,)

_PREFIX = "io.modelcontextprotocol/"
VERSION = f"{_PREFIX}protocolVersion"
CAPABILITIES = f"{_PREFIX}clientCapabilities"
CLIENT = f"{_PREFIX}clientInfo"
SERVER = f"{_PREFIX}serverInfo"

#: The parameter that the header ``Mcp-Name`` repeats.
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_SENTINEL = ("=?base64?", "?=")
#: Characters of what a client calls itself.
_MAX_CLIENT = 200

Header = Callable[[str], str | None]


@dataclass(frozen=True)
class Spoken:
    """The revision of a message, and what it tells of its client."""

    revision: str
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    client: str | None = None

    @property
    def stateless(self) -> bool:
        return self.revision == STATELESS


def spoken_in(message: Message, header: Header) -> Spoken:
    """The revision that a request is in; ``Fault`` if there is none, or if it contradicts itself.

    ``header`` gives the value of a header, or None.
    """
    named = header("MCP-Protocol-Version")
    if VERSION in message.meta or named == STATELESS:
        return _stateless(message, header)
    if message.method == "initialize":
        return _initializing(message)
    if named in HANDSHAKE:
        return Spoken(named)
    if named is None:
        return _stateless(message, header)  # to be told what it lacks
    raise UnsupportedVersion(named[:64], SUPPORTED)


def version_of_notification(header: Header) -> str:
    """The revision that a notification is in, of which only a header tells."""
    named = header("MCP-Protocol-Version")
    if named is not None and named != STATELESS and named not in HANDSHAKE:
        raise UnsupportedVersion(named[:64], SUPPORTED)
    return named or HANDSHAKE[0]


def client_of(info: Any) -> str | None:
    """What a client calls itself, on one line."""
    if not isinstance(info, dict):
        return None
    parts = [info.get(name) for name in ("name", "version")]
    told = " ".join(one for one in parts if isinstance(one, str))
    return " ".join("".join(c for c in told if c.isprintable()).split())[:_MAX_CLIENT] or None


def _initializing(message: Message) -> Spoken:
    asked = message.text("protocolVersion")
    return Spoken(
        asked if asked in HANDSHAKE else HANDSHAKE[0],
        message.mapping("capabilities"),
        client_of(message.params.get("clientInfo")),
    )


def _stateless(message: Message, header: Header) -> Spoken:
    meta = message.meta
    missing = [name for name in (VERSION, CAPABILITIES) if name not in meta]
    if missing:
        raise InvalidParams(f"params._meta lacks {' and '.join(missing)}")
    version, capabilities = meta[VERSION], meta[CAPABILITIES]
    if not isinstance(version, str) or not isinstance(capabilities, dict):
        raise InvalidParams(f"{VERSION} has to be a text, and {CAPABILITIES} an object")
    _check_headers(message, version, header)
    if version not in SUPPORTED:
        raise UnsupportedVersion(version[:64], SUPPORTED)
    return Spoken(version, capabilities, client_of(meta.get(CLIENT)))


def _check_headers(message: Message, version: str, header: Header) -> None:
    """A header that occurs twice reaches us as one with a comma, which equals nothing."""
    if header("MCP-Protocol-Version") != version:
        raise HeaderMismatch("The header MCP-Protocol-Version differs from the body, or is missing")
    if header("Mcp-Method") != message.method:
        raise HeaderMismatch("The header Mcp-Method differs from the body, or is missing")
    name = _NAMED.get(str(message.method))
    if name is not None and _plain(header("Mcp-Name")) != message.params.get(name):
        raise HeaderMismatch(f"The header Mcp-Name differs from {name}, or is missing")


def _plain(value: str | None) -> str | None:
    """A header's value as it is meant: what no header can hold comes as base64 of UTF-8."""
    begin, end = _SENTINEL
    if value is None or not (value.startswith(begin) and value.endswith(end)):
        return value
    encoded = value[len(begin) : -len(end)]
    try:
        raw = base64.b64decode(encoded, validate=True)
        # Only the one form in which somebody would write it.
        return raw.decode() if base64.b64encode(raw).decode() == encoded else None
    except (binascii.Error, UnicodeDecodeError):
        return None

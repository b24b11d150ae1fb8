"""An origin on the wire, in exactly the form in which browsers send it."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Any

from marshmallow import ValidationError, fields

from sparx_core.fields import Timestamp
from sparx_core.schemas import ResourceSchema

#: The longest origin: 253 characters of a host, and what is around it.
MAX_ORIGIN = 267

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FORM = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]{{2,45}}\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
)
_DEFAULT_PORTS = {"https": 443, "http": 80}
#: Hosts that may do without https: this very machine.
_LOCAL = re.compile(r"(?:.+\.)?localhost|127\.0\.0\.1|\[::1\]")


class WebOrigin(fields.String):
    """A scheme and a host, with a port if it is not the scheme's own, such as
    `https://shop.example.com`: in lower case, without a path, and http for localhost only.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Must be a text.")
        problem = problem_of(value)
        if problem:
            raise ValidationError(problem)
        return value


def problem_of(text: str) -> str | None:
    """What keeps a text from being an origin that can be allowed, if anything does."""
    found = _FORM.fullmatch(text) if len(text) <= MAX_ORIGIN else None
    if found is None:
        return (
            "Not an origin, such as https://shop.example.com: scheme, host and port in lower case,"
            " nothing behind them, no wildcard."
        )
    scheme, host, port = found["scheme"], found["host"], int(found["port"] or 0)
    if len(host) > 253 or (host.startswith("[") and not _is_v6(host[1:-1])):
        return "There is no such host."
    if port > 65_535:
        return "There is no such port."
    if port == _DEFAULT_PORTS[scheme]:
        return f"Browsers leave out the port {port} of {scheme}: leave it out, too."
    if scheme == "http" and not _LOCAL.fullmatch(host):
        return "http is for localhost only: take https."
    return None


def _is_v6(text: str) -> bool:
    try:
        return IPv6Address(text).compressed == text
    except AddressValueError:
        return False


class OriginSchema(ResourceSchema):
    """An origin whose pages may call the API from a browser, with keys of this tenant."""

    origin = WebOrigin(
        required=True,
        metadata={"example": "https://shop.example.com"},
    )
    created_at = Timestamp(dump_only=True)

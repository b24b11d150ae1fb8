"""Whom a request is for: its ``Host``, and the authority of an absolute target."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from sparx_core.errors import BadRequest

# uri-host [ ":" port ] of RFC 3986; an address of version 6 stands in brackets.
_AUTHORITY = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)"
    r"(?::(?P<port>[0-9]{0,5}))?"
)
_PORTS = {"http": "80", "https": "443"}


def check_host(request: Any) -> None:
    """Raise ``BadRequest`` unless the request says, once and only, whom it is for."""
    given = [value for name, value in request.headers if name == "HOST"]
    if len(given) > 1 or (not given and request.version >= (1, 1)):
        raise BadRequest("Send the header Host, once.")
    if given and _AUTHORITY.fullmatch(given[0]) is None:
        raise BadRequest("The header Host is not a host with or without a port.")
    target: str = request.uri
    if target.startswith("/") or (target == "*" and request.method == "OPTIONS"):
        return
    scheme, authority = _absolute(target)
    if given and _normal(given[0], scheme) != _normal(authority, scheme):
        raise BadRequest("The target names another host than the header Host.")
    request.path = request.path or "/"


def _absolute(target: str) -> tuple[str, str]:
    try:
        parts = urlsplit(target)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in _PORTS or not _AUTHORITY.fullmatch(parts.netloc):
        raise BadRequest("The target is not a path.")
    return parts.scheme, parts.netloc


def _normal(authority: str, scheme: str) -> tuple[str, str]:
    found = _AUTHORITY.fullmatch(authority)
    assert found is not None
    return found["host"].lower(), found["port"] or _PORTS[scheme]

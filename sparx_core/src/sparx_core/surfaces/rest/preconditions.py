"""``ETag`` and ``If-Match``: the version of a row in the headers of HTTP (RFC 9110, 13.1.1)."""

from __future__ import annotations

import re

import falcon

from sparx_core.errors import BadRequest, PreconditionFailed

#: An entity tag in a list; a weak one never matches, as ``If-Match`` compares strongly.
_TAG = re.compile(r'\s*(?P<weak>W/)?"(?P<text>[\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')


def tag(version: int) -> str:
    """The entity tag of a row: its version."""
    return f'"{version}"'


def check_row(request: falcon.Request, version: int) -> None:
    """Refuse unless ``If-Match``, where it is sent, names the version that the row has."""
    header = request.get_header("If-Match")
    if header is not None and not _matches(header, str(version)):
        raise PreconditionFailed(version)


def check_other(request: falcon.Request) -> None:
    """The same for what has no version: only ``*`` holds."""
    header = request.get_header("If-Match")
    if header is not None and not _matches(header, None):
        raise PreconditionFailed


def check_precondition(request: falcon.Request, version: int | None) -> None:
    """One or the other, as there is a version or not."""
    if version is None:
        check_other(request)
    else:
        check_row(request, version)


def _matches(header: str, version: str | None) -> bool:
    if header.strip() == "*":
        return True
    position, found = 0, False
    while position < len(header) or not position:
        match = _TAG.match(header, position)
        if match is None:
            raise BadRequest('If-Match must be * or entity tags such as "3", with commas between.')
        found = found or (match["weak"] is None and match["text"] == version)
        position = match.end()
    return found

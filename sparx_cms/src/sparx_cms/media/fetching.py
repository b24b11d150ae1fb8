"""Files fetched from URLs that clients name, through the guarded client."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urljoin, urlsplit

from sparx_core import Outbound, OutboundError

#: Bytes of a file that is fetched: it is held in memory.
MAX_BYTES = 25 * 1024 * 1024
_MAX_HOPS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAME = re.compile(r"[^\x00-\x1f\x7f/\\]{1,255}")


class FetchFailed(Exception):
    """No file came; the message is for people, and holds nothing that the server sent."""


def fetch(client: Outbound, url: str) -> bytes:
    """The file at a URL. Each hop is checked as the first one is. Raises ``FetchFailed``."""
    for _ in range(_MAX_HOPS + 1):
        try:
            answer = client.send("GET", url, max_response_bytes=MAX_BYTES)
        except OutboundError as error:
            raise FetchFailed(error.message) from None
        if answer.status in _REDIRECTS:
            url = _next_url(url, answer.headers)
            continue
        if answer.status != 200:
            raise FetchFailed(f"The server answered with {answer.status}.")
        if answer.truncated:
            raise FetchFailed(f"The file is larger than {MAX_BYTES:,} bytes.")
        return answer.body
    raise FetchFailed(f"The URL redirects more than {_MAX_HOPS} times.")


def name_in(url: str) -> str | None:
    """The name of a file, as the path of its URL ends."""
    name = unquote(urlsplit(url).path.rpartition("/")[2]).strip()
    return name if _NAME.fullmatch(name) else None


def _next_url(url: str, headers: Sequence[tuple[str, str]]) -> str:
    location = next((value for name, value in headers if name.lower() == "location"), None)
    if location is None:
        raise FetchFailed("The server redirects to nowhere.")
    return urljoin(url, location)

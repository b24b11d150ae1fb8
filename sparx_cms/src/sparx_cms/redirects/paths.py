"""Paths of pages in the one form in which they are stored and compared.

``Blog/t%c3%a9st/`` and ``/Blog/tést`` are one path: what is written percent-encoded without need
is decoded, and there is a slash at the beginning and none at the end. Upper and lower case differ,
as they do for browsers.
"""

from __future__ import annotations

import re
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit

#: Bytes of a path, so that it fits into an index with a host before it.
MAX_PATH = 2_000
#: What stays as it is in a segment of a path, and in a part of a query.
_PATH_MARKS = "-._~!$'()*+,:@="
_QUERY_MARKS = "-._~!$'()*,:@/?"
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


class NotAPath(ValueError):
    """The text is no path of a site."""


def normal_path(text: str) -> str:
    """A path without a query, in its one form. Raises :class:`NotAPath`."""
    return source_path(text.partition("#")[0].partition("?")[0])


def source_path(text: str) -> str:
    """A path with its query, in their one form; a host before it and a fragment do not count.

    The parameters of a query may come in any order, and so may those of the last segment, as in
    ``/a;x=1;y=2``. Raises :class:`NotAPath`.
    """
    text = text.strip()
    if _SCHEME.match(text):
        parts = _split(text)
        text = parts[2] + (f"?{parts[3]}" if parts[3] else "")
    path, _, query = text.partition("#")[0].partition("?")
    return _whole(_path(path), "&".join(sorted(_parts(query))))


def target_path(text: str) -> str:
    """A path that readers are sent to, with its query and its fragment. One that a browser would
    take for an address elsewhere, such as ``//evil.example``, is none. Raises :class:`NotAPath`.
    """
    text = text.strip()
    if not text.startswith("/") or text.startswith(("//", "/\\")):
        raise NotAPath("Must be a path of the site that begins with one slash.")
    rest, _, fragment = text.partition("#")
    path, _, query = rest.partition("?")
    # The page is given its query in the order that somebody chose.
    whole = _whole(_path(path), "&".join(_parts(query)))
    return whole + (f"#{_decoded(fragment, _QUERY_MARKS + '&=+')}" if fragment else "")


def as_location(path: str) -> str:
    """A path as an HTTP header has it: ASCII, percent-encoded."""
    return quote(path, safe="/%?#&=;+,:@!$'()*-._~")


def _whole(path: str, query: str) -> str:
    whole = path + (f"?{query}" if query else "")
    if len(whole.encode()) > MAX_PATH:
        raise NotAPath(f"Longer than {MAX_PATH} bytes.")
    return whole


def _split(text: str) -> tuple[str, str, str, str]:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise NotAPath("Not a path.") from None
    return parts.scheme, parts.netloc, parts.path, parts.query


def _path(text: str) -> str:
    *before, last = text.split("/")
    last, *parameters = last.split(";")
    segments = [_decoded(one, _PATH_MARKS + ";") for one in before] + [_decoded(last, _PATH_MARKS)]
    segments = [one for one in segments if one]
    if any(one in (".", "..") for one in segments):
        raise NotAPath("Must not have segments that are dots.")
    marked = sorted(_decoded(one, _PATH_MARKS) for one in parameters if one)
    return "/" + "/".join(segments) + "".join(f";{one}" for one in marked)


def _parts(query: str) -> list[str]:
    found = (_decoded(one.replace("+", "%20"), _QUERY_MARKS + "=") for one in query.split("&"))
    return [one for one in found if one]


def _decoded(text: str, marks: str) -> str:
    """Decoded as far as it means the same: what separates something stays percent-encoded."""
    try:
        plain = normalize("NFC", unquote(text, errors="strict"))
        plain.encode()
    except UnicodeError:
        raise NotAPath("Must be UTF-8.") from None
    if "\0" in plain:
        raise NotAPath("Must not have NUL.")
    return "".join(one if _stays(one, marks) else quote(one, safe="") for one in plain)


def _stays(one: str, marks: str) -> bool:
    if one.isascii():
        return one.isalnum() or one in marks
    return one.isprintable()

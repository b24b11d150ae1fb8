"""The attributes of nodes and marks: each reads a value, or says with ``ValueError`` why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from urllib.parse import urlsplit
from uuid import UUID

from sparx_cms.richtext.urls import IMAGE_SCHEMES, url_problem

#: The hosts of each provider; what is embedded is an https address at one of them.
PROVIDERS = {
    "youtube": ("youtube.com", "youtu.be", "youtube-nocookie.com"),
    "vimeo": ("vimeo.com",),
    "loom": ("loom.com",),
    "spotify": ("spotify.com",),
    "twitter": ("twitter.com", "x.com"),
}
VARIANTS = ("info", "success", "warning", "danger")
_LANGUAGE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9+#._-]{0,39}")


@dataclass(frozen=True)
class Attribute:
    """``default`` is what is left out of a tree, because it goes without saying."""

    read: Callable[[object], object]
    required: bool = False
    default: object = None


def text(maximum: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError("Must be text.")
        if len(value) > maximum:
            raise ValueError(f"Longer than {maximum:,} characters.")
        if (wrong := unstorable(value)) is not None:
            raise ValueError(wrong)
        return value

    return read


def whole(minimum: int, maximum: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            # Compared before it is converted: 1e300 is a small Decimal and a huge integer.
            finite = isinstance(value, int) or isfinite(value)
            if finite and minimum <= value <= maximum and value == int(value):
                return int(value)
        raise ValueError(f"Must be a whole number from {minimum} to {maximum}.")

    return read


def choice(*words: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"Must be one of {', '.join(words)}.")
        return value

    return read


def row_id(value: object) -> str:
    """The id of a row, in its canonical form."""
    try:
        found = str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found != value:
        raise ValueError("Not a valid id.")
    return found


def link_url(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("Must be text.")
    if (wrong := url_problem(value)) is not None:
        raise ValueError(wrong)
    return value


def image_url(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("Must be text.")
    if (wrong := url_problem(value, IMAGE_SCHEMES)) is not None:
        raise ValueError(wrong)
    return value


def embed_url(value: object) -> str:
    """An https address at one of the providers' hosts."""
    url = link_url(value)
    if provider_of(url) is None:
        raise ValueError("Must be an https address of one of " + ", ".join(PROVIDERS) + ".")
    return url


def language(value: object) -> str:
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise ValueError("Not the name of a language such as python.")
    return value


def provider_of(url: str) -> str | None:
    """Whose an address is, None if it is of no provider whose content can be embedded."""
    try:
        parts = urlsplit(url)
        host, plain = parts.hostname or "", parts.username is None and parts.port is None
    except ValueError:
        return None
    if parts.scheme != "https" or not plain:
        return None
    for provider, hosts in PROVIDERS.items():
        if any(host == one or host.endswith(f".{one}") for one in hosts):
            return provider
    return None


def unstorable(value: str) -> str | None:
    """Why a text cannot be stored: PostgreSQL has no NUL, and UTF-8 no half characters."""
    if "\0" in value:
        return "Must not contain the character NUL."
    try:
        value.encode()
    except UnicodeEncodeError:
        return "Must not contain half of a character (a lone surrogate)."
    return None

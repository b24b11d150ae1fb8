"""Which addresses rich text may have: those that no browser runs as a script.

An address is judged as a browser sees it at last, with entities decoded and control characters
left out, because whoever shows the text may decode once more than we do.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html import unescape

LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
IMAGE_SCHEMES = frozenset({"http", "https"})
MAX_URL = 2048

#: What browsers drop from an address or read as a slash, and what turns its letters around.
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\\]")
_SCHEME = re.compile(r"([^/?#:]*):")
#: Entities of entities: as often as somebody might decode.
_DECODINGS = 3


def url_problem(url: str, schemes: Collection[str] = LINK_SCHEMES) -> str | None:
    """What is wrong with an address, None if it is of one of the schemes, or relative."""
    if not url or len(url) > MAX_URL:
        return f"An address has from 1 to {MAX_URL:,} characters."
    if _UNSEEN.search(url) or not url.isprintable():
        return "An address has no spaces, backslashes or control characters: encode them."
    seen = _as_seen(url)
    if seen.startswith("//"):
        return "Write https: in front: an address that begins with // is another site's."
    scheme = _SCHEME.match(seen)
    if scheme is None:
        return None
    name = scheme[1].lower()
    if name not in schemes:
        return f"Addresses are relative, or begin with one of {', '.join(sorted(schemes))}."
    if name in IMAGE_SCHEMES and not re.match(r"https?://[^/?#]", seen, re.IGNORECASE):
        return f"After {name}: come two slashes and a host."
    return None


def is_safe(url: object, schemes: Collection[str] = LINK_SCHEMES) -> bool:
    return isinstance(url, str) and url_problem(url, schemes) is None


def _as_seen(url: str) -> str:
    for _ in range(_DECODINGS):
        decoded = _UNSEEN.sub("", unescape(url))
        if decoded == url:
            break
        url = decoded
    return url

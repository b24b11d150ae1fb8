"""Names of hosts in the one form in which they are stored and compared."""

from __future__ import annotations

import re

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PORT = re.compile(r":\d{1,5}\Z")
MAX_HOST = 253


def host_name(text: str) -> str:
    """A host as it is in a request, without its port, in lower case and ASCII. ``ValueError`` if it
    is none.
    """
    name = _PORT.sub("", text.strip().lower()).removesuffix(".")
    try:
        name = name.encode("idna").decode()
    except UnicodeError:
        raise ValueError(text) from None
    if len(name) > MAX_HOST or not all(_LABEL.fullmatch(one) for one in name.split(".")):
        raise ValueError(text)
    return name

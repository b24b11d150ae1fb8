"""Which pages' scripts may ask: a browser says of each request whose page it is made by."""

from __future__ import annotations

import re

from sparx_core.surface import AllowedOrigins

_LOCAL = r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?"
_LOCAL_HOST = re.compile(_LOCAL, re.IGNORECASE)
_LOCAL_ORIGIN = re.compile(rf"https?://{_LOCAL}", re.IGNORECASE)


def may_ask(origin: str | None, host: str, tenant: str, allowed: AllowedOrigins) -> bool:
    """Whether a request may be made by a page of ``origin``; one that no page made has none.

    A page from the machine that the server runs on may, if it calls the server by a name of that
    machine: a name that somebody else's page had pointed here would be another.
    """
    if origin is None:
        return True
    if _LOCAL_ORIGIN.fullmatch(origin) and _LOCAL_HOST.fullmatch(host):
        return True
    return allowed.allows(origin, tenant)

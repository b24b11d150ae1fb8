"""Pages of lists that are whole in memory: tools, prompts, resources."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

from sparx_ai.protocol.faults import InvalidParams
from sparx_ai.protocol.messages import Message

PAGE = 100
_CURSOR = re.compile(r"from:([0-9]{1,6})", re.ASCII)


def page_of(message: Message, name: str, items: Sequence[Any]) -> dict[str, Any]:
    """``{name: items, nextCursor?}``: the page that the cursor of a request asks for."""
    start = _start(message)
    page: dict[str, Any] = {name: list(items[start : start + PAGE])}
    if start + PAGE < len(items):
        cursor = base64.urlsafe_b64encode(f"from:{start + PAGE}".encode())
        page["nextCursor"] = cursor.decode()
    return page


def _start(message: Message) -> int:
    cursor = message.params.get("cursor")
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
    except (AttributeError, binascii.Error, UnicodeError, ValueError):
        text = ""
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise InvalidParams("cursor is none that this list gave")
    return int(found[1])

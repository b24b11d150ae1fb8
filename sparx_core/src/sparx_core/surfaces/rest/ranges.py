"""``Range``: a part of a file (RFC 9110, 14). One range; who asks for several is sent all of it."""

from __future__ import annotations

import re

from sparx_core.errors import RangeUnsatisfiable

_ONE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))", re.ASCII)


def part_of(header: str | None, size: int) -> tuple[int, int] | None:
    """From which byte to before which; None for all of them. Raises ``RangeUnsatisfiable``."""
    found = None if header is None else _ONE.fullmatch(header.replace(" ", ""))
    if found is None:
        return None  # what cannot be read is ignored
    first, last, suffix = found.groups()
    start = max(0, size - int(suffix)) if first is None else int(first)
    end = min(size, int(last) + 1) if last else size
    if last and int(last) < int(first):
        return None
    if start >= size or start >= end:
        raise RangeUnsatisfiable(size)
    return start, end

"""Row identifiers: UUID version 7 (RFC 9562), so that ids sort by the time they were made."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_BITS = (1 << 62) - 1


def uuid7() -> UUID:
    """A new id: 48 bits of milliseconds, 12 bits of the millisecond's fraction, 62 random bits.

    Ids made by one process sort by creation to about a quarter of a microsecond.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & _RANDOM_BITS
    return UUID(int=milliseconds << 80 | _VERSION | fraction << 64 | _VARIANT | random)


def first_uuid7(time: datetime) -> UUID:
    """The smallest id of a moment; of one before 1970, the smallest of all."""
    return UUID(int=max((time - _EPOCH) // timedelta(milliseconds=1), 0) << 80)


def parse_uuid(text: str) -> UUID | None:
    """The UUID that ``text`` spells in its canonical form, or None.

    The standard parser alone would also take spaces and underscores for digits.
    """
    if len(text) != 36 or not text.isascii():
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None

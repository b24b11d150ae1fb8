"""Names of other systems as they can be here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-zA-Z0-9]+")
_MAX = 63


def type_key(name: str) -> str:
    """``blogPost`` as ``blog_post``: the key of a content type."""
    words = _OTHER.sub("_", _HUMP.sub("_", name)).strip("_").lower()
    return (words if words[:1].isalpha() else f"type_{words}")[:_MAX]


def field_key(name: str) -> str:
    """``hero-image`` as ``heroImage``: the key of a field."""
    first, *others = [one for one in _OTHER.split(name) if one] or ["field"]
    key = first[:1].lower() + first[1:] + "".join(one[:1].upper() + one[1:] for one in others)
    return (key if key[:1].isalpha() else f"field{key}")[:_MAX]


def moment(value: Any) -> Any:
    """A time as it is sent here, with seconds and a zone; what is no time stays as it is."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    zoned = found if found.tzinfo else found.replace(tzinfo=UTC)
    return zoned.isoformat(timespec="seconds")


def rounded(number: Any, places: int) -> Any:
    """A number with as many digits after the point as are kept here: others measure in binary."""
    if not isinstance(number, Decimal) or not number.is_finite():
        return number
    # A number that is too large is refused where it is placed, and not multiplied out here.
    return number if number.adjusted() > 20 else round(number, places)


def distinct_names(names: Sequence[str], name: Callable[[str], str]) -> dict[str, str]:
    """What names become, so that ``blogPost`` and ``blog_post`` are two: the second gets a 2."""
    found: dict[str, str] = {}
    for one in names:
        wanted = made = name(one)
        number = 1
        while made in found.values():
            number += 1
            made = f"{wanted[: _MAX - 4]}_{number}"
        found[one] = made
    return found

"""How a part of the API says that it goes away: by dates, because clients have no versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

#: Days for which a part of the API works on at least, once it is deprecated.
NOTICE_DAYS = 180


@dataclass(frozen=True, kw_only=True)
class Deprecated:
    """An operation, a field, a query parameter or an event type that goes away.

    It is deprecated since the day ``since``, and promised until the day ``sunset``, 180 days later
    or more; then it goes on working until it is removed. ``replacement`` is what to use instead, in
    a few words; ``link`` where more is said about it: its place in the reference, if not given.
    """

    since: date
    sunset: date
    replacement: str = ""
    link: str = ""

    def __post_init__(self) -> None:
        least = self.since + timedelta(days=NOTICE_DAYS)
        if self.sunset < least:
            raise ValueError(
                f"a sunset is {NOTICE_DAYS} days after the deprecation, {least} at the earliest,"
                f" and not {self.sunset}"
            )
        if not self.link.isprintable() or any(one in self.link for one in '<> "'):
            raise ValueError(f"{self.link!r} is no link")

    @property
    def since_at(self) -> datetime:
        return _midnight(self.since)

    @property
    def sunset_at(self) -> datetime:
        return _midnight(self.sunset)

    def told(self) -> str:
        """A sentence or two for people, in Markdown."""
        instead = f" Use {self.replacement}." if self.replacement else ""
        return f"Deprecated since {self.since}, promised until {self.sunset}.{instead}"

    def marks(self) -> dict[str, Any]:
        """What OpenAPI says of it."""
        instead = {"x-replacement": self.replacement} if self.replacement else {}
        return {
            "deprecated": True,
            "x-deprecated-since": self.since.isoformat(),
            "x-sunset": self.sunset.isoformat(),
            **instead,
        }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

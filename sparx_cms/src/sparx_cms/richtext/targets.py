"""What references of rich text lead to, as whoever shows it finds out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Where an entry's page or an asset's file is, and what it is called."""

    url: str | None = None
    title: str | None = None
    alt: str | None = None
    width: int | None = None
    height: int | None = None


#: ``resolve("entry" or "asset", id)``: None for what the reader may not see, or is not there.
Resolve = Callable[[str, str], Target | None]


def nothing(kind: str, id: str) -> Target | None:
    """Resolves nothing: references keep their ids and lead nowhere."""
    return None

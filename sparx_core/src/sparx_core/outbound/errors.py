"""What may go wrong with a request to somebody else's server, in words that a tenant may read."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "blocked",
    "invalid_url",
    "invalid_request",
    "dns",
    "connect",
    "tls",
    "timeout",
    "protocol",
    "too_large",
]

#: What a tenant sees of a duration is a multiple of it, in seconds: exact ones tell which ports of
#: a network are open.
_STEP = 0.01


class OutboundError(Exception):
    """A request that failed or was refused.

    ``kind`` is one of ``Kind``. The message may be shown to the tenant: it holds nothing that a
    server sent and no address that was refused. ``address`` is the one that was connected to, None
    before that; ``seconds`` is how long it took.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.address: str | None = None
        self.seconds = 0.0

    @property
    def shown_seconds(self) -> float:
        """The duration as a tenant may see it."""
        return shown(self.seconds)


def blocked() -> OutboundError:
    """Says the same of every address, so that nobody learns which one it was."""
    return OutboundError("blocked", "The address is blocked.")


def shown(seconds: float) -> float:
    """A duration, rounded to 10 ms."""
    return round(round(seconds / _STEP) * _STEP, 2)

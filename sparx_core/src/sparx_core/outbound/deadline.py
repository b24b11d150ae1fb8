"""One deadline for a whole request, by a clock that nobody sets."""

from __future__ import annotations

import time

from sparx_core.outbound.errors import OutboundError


class Deadline:
    """Ends ``seconds`` after it was made."""

    def __init__(self, seconds: float) -> None:
        self.began = time.monotonic()
        self._end = self.began + seconds

    def left(self, what: str) -> float:
        """Seconds that are left. Raises ``timeout``, which names ``what`` took too long."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise timed_out(what)
        return left

    def within(self, seconds: float) -> Deadline:
        """A deadline for a part of it: ends as early as the whole does."""
        part = Deadline(seconds)
        part._end = min(part._end, self._end)
        return part

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began


def timed_out(what: str) -> OutboundError:
    return OutboundError("timeout", f"Time-out: {what} took too long.")

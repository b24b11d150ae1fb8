"""What a failure means for the delivery: another attempt later, or none."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sparx_core.errors import ApiError
from sparx_core.events.held import TooDeep

#: After this many attempts, about twelve hours, a delivery is dead.
MAX_ATTEMPTS = 20
#: The longest wait between two attempts, in seconds.
MAX_DELAY = 3600.0


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed; a ``permanent`` reason is one that time does not mend."""

    reason: str
    permanent: bool = False

    @classmethod
    def of(cls, error: Exception) -> Failure:
        # What a client would have to change will not change by itself; the rest may.
        permanent = isinstance(error, TooDeep) or (
            isinstance(error, ApiError) and error.status < 500
        )
        return cls(f"{type(error).__name__}: {error}"[:2000], permanent)


def retry_delay(attempt: int) -> float:
    """Seconds until the next attempt: doubling to an hour, 20 percent either way."""
    return min(2.0**attempt, MAX_DELAY) * random.uniform(0.8, 1.2)

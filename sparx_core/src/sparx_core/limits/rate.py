"""A rate as settings write it: ``100/second``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_FORM = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour)")


@dataclass(frozen=True)
class Rate:
    """``amount`` requests in each window of ``seconds``; windows begin at whole multiples."""

    amount: int
    seconds: int

    def shared_by(self, processes: int) -> Rate:
        """What each of so many gets of it; together they may exceed it by less than one each."""
        return Rate(-(-self.amount // processes), self.seconds)


def parse_rate(text: str) -> Rate | None:
    """The rate, or None for ``off`` and ``0``; ``ValueError`` says what is wrong."""
    if text.lower() in ("off", "0"):
        return None
    found = _FORM.fullmatch(text.lower())
    if found is None:
        raise ValueError(
            f"must be a rate such as 100/second, 6000/minute or 100000/hour, or off, not {text!r}"
        )
    return Rate(int(found[1]), _SECONDS[found[2]])

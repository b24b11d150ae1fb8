"""What schemathesis has to be told of formats and media types to make values of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.generation.meta import TestPhase

TAG = r'(?:W/)?"[!#-~]*"'

# Without a strategy for its format, the coverage phase of 4.32 forgets the pattern of a header.
schemathesis.openapi.format("entity-tag", st.from_regex(rf"\*|{TAG}(?:, {TAG})*", fullmatch=True))


#: Characters of a query: the server that carries the run reads lines of 64 KiB.
LONGEST = 20_000


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Leave out what no server would read; that long targets are refused is tested elsewhere."""
    return len(str(case.query)) < LONGEST


def few(most: int) -> Callable[[Any, Any], bool]:
    """A ``filter_case`` for one run: of the cases that the phase `coverage` enumerates for each
    operation, the first ``most``, and the sparser the later. The phase knows no bound of its own.
    """
    places: Counter[str] = Counter()

    def filter_case(context: Any, case: Any) -> bool:
        if case.meta is None or case.meta.phase.name is not TestPhase.COVERAGE:
            return True
        place = places[case.operation.label]
        places[case.operation.label] += 1
        return place % (1 + place // most) == 0

    return filter_case


@schemathesis.serializer("application/x-ndjson")
def lines(ctx: Any, value: Any) -> Any:
    """Text and bytes as they are; anything else is no NDJSON, and sent for what it is worth."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")

"""What schemathesis has to be told of formats and media types to make values of them."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import strategies as st

TAG = r'(?:W/)?"[!#-~]*"'

# Without a strategy for its format, the coverage phase of 4.32 forgets the pattern of a header.
schemathesis.openapi.format("entity-tag", st.from_regex(rf"\*|{TAG}(?:, {TAG})*", fullmatch=True))


#: Characters of a query: the server that carries the run reads lines of 64 KiB.
LONGEST = 20_000


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Leave out what no server would read; that long targets are refused is tested elsewhere."""
    return len(str(case.query)) < LONGEST


@schemathesis.serializer("application/x-ndjson")
def lines(ctx: Any, value: Any) -> Any:
    """Text and bytes as they are; anything else is no NDJSON, and sent for what it is worth."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")

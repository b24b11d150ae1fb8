"""How many rows a field of the schema can show: what the cost of a query is reckoned from."""

from __future__ import annotations

from typing import NamedTuple

#: Under which a field of the schema keeps it, in ``extensions``.
ROWS = "sparx_rows"


class Rows(NamedTuple):
    """As many as ``argument`` says, or ``default``; never more than ``most``."""

    argument: str | None
    default: int
    most: int

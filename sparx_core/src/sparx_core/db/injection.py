"""What SQL of a module can have done to a session, told by its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

_QUERY = re.compile(r"[\s(]*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
#: What the driver writes without a semicolon, whatever its value is.
_HARMLESS = (bool, int, float, Decimal, UUID, date, time, timedelta, type(None))


def is_one_statement(sql: str, parameters: Sequence[Any]) -> bool:
    """Whether what is sent is a query and no second statement can be behind it, whatever somebody
    got into its text or into its parameters. A query cannot prepare a statement, nor replace one.

    Only a semicolon begins another statement. One inside of a text counts as well: to tell them
    apart would take a parser of PostgreSQL's.
    """
    return _QUERY.match(sql) is not None and ";" not in sql and all(map(_harmless, parameters))


def _harmless(value: Any) -> bool:
    if isinstance(value, str):
        return ";" not in value
    if isinstance(value, list | tuple):
        return all(map(_harmless, value))
    return isinstance(value, _HARMLESS)

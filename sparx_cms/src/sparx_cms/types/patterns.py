"""Patterns of texts. PostgreSQL compares them: an automaton, which no pattern can keep busy for
hours as those can that try one way after the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from peewee import SQL, DataError, Select

from sparx_core import Context

MAX_PATTERN = 500
#: A digit behind a backslash refers back to a group, which no automaton can do; and what begins
#: with three asterisks says how the rest is to be read.
_REFUSED = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]|^\*\*\*|^\(\?[a-z]+\)")


def pattern_problem(ctx: Context, pattern: str) -> str | None:
    """What is wrong with a pattern that a field is to have."""
    if len(pattern) > MAX_PATTERN:
        return f"Longer than {MAX_PATTERN} characters."
    if _REFUSED.search(pattern):
        return "References back and embedded options are not for patterns."
    try:
        ctx.transaction.attempt(lambda: _compare(ctx, [("", pattern)]))
    except DataError:
        return "Not a regular expression as PostgreSQL has them."
    return None


def mismatches(ctx: Context, asked: Sequence[tuple[str, str]]) -> list[int]:
    """Which of some texts do not match their patterns as a whole, by place."""
    return _compare(ctx, asked) if asked else []


def _compare(ctx: Context, asked: Sequence[tuple[str, str]]) -> list[int]:
    texts, patterns = (list(one) for one in zip(*asked, strict=True))
    query = Select(
        [SQL("unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked(text, pattern, place)",
             (texts, patterns))],
        [SQL("place - 1 AS place")],
    ).where(SQL("text !~ ('^(?:' || pattern || ')$')"))  # fmt: skip
    return sorted(int(row["place"]) for row in ctx.all(query.dicts()))

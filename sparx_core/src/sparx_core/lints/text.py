"""SQL as written and as PostgreSQL gives it back, made comparable."""

from __future__ import annotations

import re

#: What PostgreSQL adds to an expression: parentheses, the type of a literal, a name for the
#: column of a sub-select. A cast of anything else is kept, because it changes the plan.
_ADDED = (r"'::text", "'"), (r" as \w+\)", ")"), (r"[\s()]", "")


def normalized(expression: str) -> str:
    """The expression without what a round trip through the server adds."""
    text = expression.lower()
    for pattern, replacement in _ADDED:
        text = re.sub(pattern, replacement, text)
    return text


def normalized_in_sql(expression: str) -> str:
    """SQL that does to ``expression`` what :func:`normalized` does."""
    text = f"lower({expression})"
    for pattern, replacement in _ADDED:
        quoted = pattern.replace("'", "''"), replacement.replace("'", "''")
        text = f"regexp_replace({text}, '{quoted[0]}', '{quoted[1]}', 'g')"
    return text

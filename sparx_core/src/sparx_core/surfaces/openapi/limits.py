"""Validators of marshmallow in the words of JSON Schema."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import validate

#: What a regular expression may hold to mean the same in Python and in JSON Schema (ECMA 262).
_PORTABLE = re.compile(r"(?:[^\\(]|\\[^AZzpPNGk0-9]|\((?!\?)|\(\?[:=!])*")


def limits_of(validator: Any, kind: Any) -> dict[str, Any]:
    """What a validator of values of type ``kind`` demands, as far as JSON Schema can say it."""
    found: dict[str, Any] = {}
    if isinstance(validator, validate.OneOf):
        found["enum"] = list(validator.choices)
    elif isinstance(validator, validate.Equal):
        found["const"] = validator.comparable
    elif isinstance(validator, validate.Range):
        lower = "minimum" if validator.min_inclusive else "exclusiveMinimum"
        upper = "maximum" if validator.max_inclusive else "exclusiveMaximum"
        found = {lower: validator.min, upper: validator.max}
    elif isinstance(validator, validate.Length):
        what = {"array": "Items", "object": "Properties"}.get(kind, "Length")
        least = validator.min if validator.equal is None else validator.equal
        most = validator.max if validator.equal is None else validator.equal
        found = {f"min{what}": least, f"max{what}": most}
    elif isinstance(validator, validate.Regexp):
        found["pattern"] = _pattern(validator.regex)
    return {name: value for name, value in found.items() if value is not None}


def _pattern(regex: re.Pattern[Any]) -> str | None:
    """A regular expression that is matched from the start, if JSON Schema can say the same.

    Of the flags only UNICODE, which text always has, leaves the meaning of a pattern alone.
    """
    text = str(regex.pattern).replace(r"\Z", "$")
    return f"^(?:{text})" if regex.flags == re.UNICODE and _PORTABLE.fullmatch(text) else None

"""Patterns of event types: ``order.created``, ``order.*``, ``*``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, fields

EVERY = "*"
#: The form of a pattern, and the longest one.
FORM, MAX_PATTERN = r"\*|[a-z][a-z0-9_]*\.(?:\*|[a-z][a-z0-9_.]*)", 100
_FORM = re.compile(FORM)


class EventPattern(fields.String):
    """A type of events; all about one noun, such as `order.*`; or `*` for every type."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or len(value) > MAX_PATTERN or not _FORM.fullmatch(value):
            raise ValidationError("Not a type of events, nor a pattern such as order.* or *.")
        return value


def wants(patterns: Iterable[str], type_: str) -> bool:
    """Whether one of the patterns is about a type, as ``core.wants_event`` says."""
    return any(
        one in (EVERY, type_) or (one.endswith(".*") and type_.startswith(one[:-1]))
        for one in patterns
    )

"""What a request uses of the parts that go away, collected while it is worked on."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from sparx_core.deprecation.parts import FieldPath, deprecated_fields
from sparx_core.schemas import ObjectSchema

#: The paths of deprecated fields that the present request sent; None outside of requests.
_sent: ContextVar[set[FieldPath] | None] = ContextVar("sparx_deprecated_fields", default=None)


def begin() -> None:
    """A request begins in this thread."""
    _sent.set(set())


def end() -> set[FieldPath]:
    """The request ends; the deprecated fields that it sent."""
    found = _sent.get()
    _sent.set(None)
    return found or set()


def note_sent(schema: ObjectSchema, body: Any) -> None:
    """Note which deprecated fields a body has."""
    found = _sent.get()
    if found is None:
        return
    for path in deprecated_fields(type(schema)):
        if path not in found and _has(body, path):
            found.add(path)


def _has(value: Any, path: FieldPath) -> bool:
    if not path:
        return True
    if isinstance(value, list):
        return any(_has(one, path) for one in value)
    return isinstance(value, Mapping) and path[0] in value and _has(value[path[0]], path[1:])

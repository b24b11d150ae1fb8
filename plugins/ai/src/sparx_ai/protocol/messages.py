"""One message of JSON-RPC 2.0, as it is posted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sparx_ai.protocol.faults import INVALID_REQUEST, Fault, InvalidParams

#: Levels of a body: a tool takes what an operation takes, a few levels further down.
MAX_DEPTH = 36
#: Characters of an id, a method, a name and a URI.
MAX_TEXT = 2_048


@dataclass(frozen=True)
class Message:
    """``id`` is None for a notification; ``method`` is None for the answer to a request of ours."""

    id: str | int | None
    method: str | None
    params: dict[str, Any]
    #: What an answer holds: ``result`` or ``error``.
    answer: dict[str, Any] | None = None

    @property
    def meta(self) -> dict[str, Any]:
        """``_meta`` of the parameters; empty if there is none."""
        found = self.params.get("_meta")
        return found if isinstance(found, dict) else {}

    def text(self, name: str) -> str:
        """A parameter that has to be a text."""
        found = self.params.get(name)
        if not isinstance(found, str) or len(found) > MAX_TEXT:
            raise InvalidParams(f"{name} has to be a text of at most {MAX_TEXT:,} characters")
        return found

    def mapping(self, name: str) -> dict[str, Any]:
        """A parameter that has to be an object, if it is there."""
        found = self.params.get(name)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise InvalidParams(f"{name} has to be an object")
        return found


def message_of(value: Any) -> Message:
    """The message that a body is; ``Fault`` for a list of them, and for what is none."""
    if isinstance(value, list):
        raise Fault(INVALID_REQUEST, "Send one message: batches are not part of this protocol")
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise Fault(INVALID_REQUEST, "The body is no message of JSON-RPC 2.0")
    message_id = value.get("id")
    if "id" in value and not _is_id(message_id):
        raise Fault(INVALID_REQUEST, "id has to be a text or a whole number")
    if "method" not in value and ("result" in value or "error" in value):
        answer = {name: value[name] for name in ("result", "error") if name in value}
        return Message(message_id, None, {}, answer)
    method, params = value.get("method"), value.get("params", {})
    if not isinstance(method, str) or not 0 < len(method) <= MAX_TEXT:
        raise Fault(INVALID_REQUEST, "method has to be a text")
    if not isinstance(params, dict):
        raise InvalidParams("params has to be an object")
    return Message(message_id, method, params)


def id_of(value: Any) -> str | int | None:
    """The id that an error is told with, whatever else is wrong with the body."""
    found = value.get("id") if isinstance(value, dict) else None
    return found if _is_id(found) else None


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT
    return isinstance(value, int) and not isinstance(value, bool | Decimal)

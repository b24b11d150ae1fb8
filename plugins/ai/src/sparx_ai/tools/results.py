"""What tools answer: JSON for programs, the same as text within its boundary for models."""

from __future__ import annotations

from typing import Any

from sparx_ai.tools.boundary import within
from sparx_ai.tools.cleaning import clean
from sparx_core import ApiError
from sparx_core.surface import Limits, decode, encode

#: Characters of a result.
MAX_CHARACTERS = 25_000
#: How long texts and lists may be, tried one after the other until a result fits.
_CUTS = ((4_000, 200), (1_000, 50), (250, 20), (80, 5))
#: Our own JSON is as large as it is.
_OURS = Limits(values=10_000_000, depth=200, name=1_000_000, text=100_000_000, entries=10_000_000)


def parsed(text: str | bytes) -> Any:
    """JSON of the core's as values, cleaned of hidden characters; numbers keep all their digits."""
    return clean(decode(text.encode() if isinstance(text, str) else text, _OURS))


def size(value: Any) -> int:
    """Characters of a value as JSON."""
    return len(encode(value).decode())


def fitted(value: Any, limit: int = MAX_CHARACTERS) -> tuple[Any, bool]:
    """A value whose JSON is not much longer than ``limit``, and whether something was cut."""
    if size(value) <= limit:
        return value, False
    for text, entries in _CUTS:
        cut = _cut(value, text, entries)
        if size(cut) <= limit:
            return cut, True
    return "[too large: ask for fewer fields]", True


def _cut(value: Any, text: int, entries: int) -> Any:
    if isinstance(value, str):
        if len(value) <= text:
            return value
        return f"{value[:text]}... [cut: {len(value):,} characters]"
    if isinstance(value, list):
        kept = [_cut(one, text, entries) for one in value[:entries]]
        if len(value) > entries:
            kept.append(f"[cut: {len(value):,} entries]")
        return kept
    if isinstance(value, dict):
        return {name: _cut(one, text, entries) for name, one in value.items()}
    return value


def answered(told: dict[str, Any], *links: dict[str, Any]) -> dict[str, Any]:
    """A result. ``untrusted`` says of all values in it that they may be anybody's text."""
    content = {"untrusted": True, **told}
    text = within(encode(content).decode())
    return {
        "content": [{"type": "text", "text": text}, *links],
        "structuredContent": content,
        "isError": False,
    }


def refusal(error: ApiError) -> dict[str, Any]:
    """An error of the API as the result of a tool: the agent reads it, and may mend its call."""
    told: dict[str, Any] = {"code": error.code, "message": clean(error.text)}
    if error.details is not None:
        told["details"], _ = fitted(parsed(encode(error.details)), MAX_CHARACTERS // 4)
    text = within(encode({"error": told}).decode())
    return {"content": [{"type": "text", "text": f"{error.code}\n{text}"}], "isError": True}

"""What is recorded of arguments: enough to see what was asked, and nobody's secrets or letters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from sparx_ai.tools.cleaning import clean
from sparx_core.surface import encode

#: Arguments that say what is asked for, and hold nothing of anybody.
_PLAIN = frozenset({
    "resource", "operation", "id", "fields", "include", "sort", "take", "version", "dryRun",
    "aggregate", "types", "locale", "trashed", "view", "idempotencyKey",
})  # fmt: skip
_SECRET = re.compile(r"secret|token|password|authorization|api_?key|confirm", re.IGNORECASE)
_KEY = re.compile(r"sk_(?:live|test)_\S+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?")
#: Bytes of arguments that are recorded; of larger ones only the names.
_MOST = 4_000


def hash_of(operation: str, arguments: Mapping[str, Any]) -> str:
    """The same text for the same arguments, in whatever order they were sent."""
    text = json.dumps([operation, arguments], sort_keys=True, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def redacted(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as they are recorded: texts that somebody wrote are told by their length."""
    found = {
        name[:64]: _plain(one) if name in _PLAIN else _hidden(name, one)
        for name, one in arguments.items()
    }
    if len(encode(found)) > _MOST:
        found = {"cut": True, "names": [name[:64] for name in list(arguments)[:50]]}
    told: dict[str, Any] = clean(found)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _KEY.sub("[redacted]", value[:255])
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name[:64]: _plain(one) for name, one in value.items()}
    return value


def _hidden(name: str, value: Any) -> Any:
    if _SECRET.search(name):
        return "[redacted]"
    if isinstance(value, str):
        return value if _says_nothing(value) else f"[{len(value):,} characters]"
    if isinstance(value, list):
        return [_hidden(name, one) for one in value]
    if isinstance(value, dict):
        return {_plain(inner)[:64]: _hidden(inner, one) for inner, one in value.items()}
    return value


def _says_nothing(text: str) -> bool:
    """Whether a text is an id or a time."""
    if _TIME.fullmatch(text):
        return True
    try:
        UUID(text)
    except ValueError:
        return False
    return True

"""JSON as the API reads and writes it: strict, with exact decimals."""

from __future__ import annotations

import json as _stdlib
import re
from decimal import Decimal
from typing import Any

import msgspec

from sparx_core.errors import BadRequest, ValidationFailed

#: Levels of nesting that a body may have.
MAX_DEPTH = 32

_encoder = msgspec.json.Encoder(decimal_format="number", uuid_format="canonical")
encode = _encoder.encode

_ESCAPES = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)


class _Refused(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("a name occurs twice in one object")
    return found


def _constant(name: str) -> Any:
    raise _Refused(f"{name} is not JSON")


# The standard decoder: the faster ones take the last of two equal names without a word.
_decoder = _stdlib.JSONDecoder(
    object_pairs_hook=_object, parse_float=Decimal, parse_constant=_constant
)


def decode(body: bytes) -> Any:
    """The value of a JSON body, with Decimal for every number that is not an integer.

    Raises ``BadRequest`` for what is not strict JSON in UTF-8 (duplicate names, NaN, a byte
    order mark) or is nested deeper than 32; ``ValidationFailed`` for NUL and lone surrogates
    in strings, which no text column can hold.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    try:
        value = _decoder.decode(text)
    except _Refused as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except _stdlib.JSONDecodeError as error:
        raise BadRequest(
            f"The body is not valid JSON: {error.msg} at character {error.pos + 1}."
        ) from None
    except (ValueError, ArithmeticError):
        raise BadRequest("The body holds a number with too many digits.") from None
    # Only a body with as many brackets can be as deep, and only escapes can hide bad text.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH or _ESCAPES.search(body):
        _inspect(value, "", 1)
    return value


def _inspect(value: Any, path: str, depth: int) -> None:
    if isinstance(value, str):
        _inspect_text(value, path)
        return
    if isinstance(value, dict | list) and depth > MAX_DEPTH:
        raise BadRequest(f"The body is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, dict):
        for name, nested in value.items():
            _inspect_text(name, path)
            _inspect(nested, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list):
        for index, nested in enumerate(value):
            _inspect(nested, f"{path}[{index}]", depth + 1)


def _inspect_text(text: str, path: str) -> None:
    if "\0" in text:
        raise ValidationFailed([(path, "Must not contain the NUL character.")])
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValidationFailed([(_safe(path), "Contains half of a surrogate pair.")]) from None


def _safe(path: str) -> str:
    return path.encode("utf-8", "replace").decode("utf-8")

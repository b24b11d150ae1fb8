"""JSON as the API reads and writes it: strict, bounded, with exact decimals."""

from __future__ import annotations

import json as _stdlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Subnormal
from typing import Any

import msgspec

from sparx_core.errors import BadRequest, PayloadTooLarge, ValidationFailed
from sparx_core.pointers import Path

#: The largest double. What is beyond it most clients would read as infinite.
MAX_DOUBLE = Decimal("1.7976931348623157e308")
#: Powers of ten that a double may have.
_HIGHEST, _LOWEST = 308, -324

_encoder = msgspec.json.Encoder(decimal_format="number", uuid_format="canonical")
encode = _encoder.encode


@dataclass(frozen=True)
class Limits:
    """What a body may be made of, whatever it is for: ``values`` in all, levels of nesting,
    characters of a ``name`` and of a ``text``, ``entries`` of one list.
    """

    values: int = 10_000
    depth: int = 32
    name: int = 256
    text: int = 262_144
    entries: int = 1_000


DEFAULT_LIMITS = Limits()

#: Takes a number exactly, or not at all.
_exact = Context(
    prec=2 * _HIGHEST,
    Emax=_HIGHEST,
    Emin=_LOWEST,
    traps=[Inexact, InvalidOperation, Overflow, Subnormal],
)
#: Matches at every quote, whether its text ends or not: so all texts together are read once.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
#: How NUL and half of a surrogate pair get into a text: as they are, they are no JSON in UTF-8.
_ESCAPES = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)


class _NotJson(ValueError):
    """Something that Python's decoder would take, and JSON does not have."""


class _Unfit(ValueError):
    """JSON that is refused; where in the body, only reading it again can tell."""


def decode(body: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value of a JSON body, with Decimal for every number that is not an integer.

    Raises ``BadRequest`` for what is not strict JSON in UTF-8 (NaN, a byte order mark) or is
    nested too deeply, ``PayloadTooLarge`` for too many values, and ``ValidationFailed``, with all
    their pointers, for equal names in one object, names, texts and lists that are too long,
    numbers beyond the range of a double, and NUL and lone surrogates, which no text column holds.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    if text.startswith("\ufeff"):
        raise BadRequest("The body begins with a byte order mark.")
    _refuse_flood(body, limits)
    long = _has_run(body, min(limits.name, _HIGHEST))
    try:
        value = _parsed(_wary if long or b"308" in body else _decoder, text)
        if long or _is_suspicious(body, limits):
            escapes = _ESCAPES.search(body) is not None
            _look_at(value, limits, escapes=escapes, texts=escapes or len(body) > limits.text)
    except (_Unfit, ArithmeticError):
        raise ValidationFailed(_problems(_parsed(_marking, text), limits, ())) from None
    return value


def _parsed(decoder: _stdlib.JSONDecoder, text: str) -> Any:
    try:
        return decoder.decode(text)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except _NotJson as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from None
    except _stdlib.JSONDecodeError as error:
        raise BadRequest(
            f"The body is not valid JSON: {error.msg} at character {error.pos + 1}."
        ) from None


def _constant(name: str) -> Any:
    raise _NotJson(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unfit
    return found


def _number(text: str) -> Decimal:
    found = _exact.create_decimal(text)
    if not is_double(found):
        raise _Unfit
    return found


def _integer(text: str) -> int:
    if len(text) > _HIGHEST + 2 or not is_double(found := int(text)):
        raise _Unfit
    return found


def is_double(number: Decimal | int) -> bool:
    """Whether a number is in the range of a double, so that every client can read it."""
    if not -MAX_DOUBLE <= number <= MAX_DOUBLE:
        return False
    return isinstance(number, int) or not number or number.adjusted() >= _LOWEST


# The standard decoder: the faster ones take the last of two equal names without a word.
_decoder = _stdlib.JSONDecoder(
    object_pairs_hook=_object, parse_float=_exact.create_decimal, parse_constant=_constant
)
#: For bodies in which a number could be beyond the largest: to look at each takes time.
_wary = _stdlib.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_number,
    parse_int=_integer,
    parse_constant=_constant,
)


# -- limits ------------------------------------------------------------------------------------


def _refuse_flood(body: bytes, limits: Limits) -> None:
    """Refuse far too many values before they are made: half a million fit into a megabyte."""
    if len(body) < 2 * limits.values or _marks(body) < limits.values:
        return
    if _marks(_TEXT.sub(b"", body)) > 2 * limits.values:
        raise _too_many(limits)


def _marks(body: bytes) -> int:
    """At least as many as there are values, the outermost aside; an empty one counts twice."""
    return body.count(b",") + body.count(b"{") + body.count(b"[")


def _too_many(limits: Limits) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body holds more than {limits.values:,} values.")


def _has_run(body: bytes, length: int) -> bool:
    """Whether so many bytes follow each other without a quote, as in a long name or number."""
    place, last = 0, len(body) - length
    while place <= last:
        quote = body.rfind(b'"', place, place + length)
        if quote < 0:
            return True
        place = quote + 1
    return False


def _is_suspicious(body: bytes, limits: Limits) -> bool:
    """Whether something could be beyond a limit, as far as counting bytes tells."""
    size = len(body)
    return (
        body.count(b"{") + body.count(b"[") > limits.depth
        or (size >= 2 * limits.entries and body.count(b",") >= limits.entries)
        or (size >= 2 * limits.values and _marks(body) >= limits.values)
        or size > limits.text
        # Quotes inside a long name are escaped, as are NUL and half of a surrogate pair.
        or (b"\\" in body and (b'\\"' in body or _ESCAPES.search(body) is not None))
    )


def _look_at(value: Any, limits: Limits, *, escapes: bool, texts: bool) -> None:
    """Raise ``_Unfit`` for what is refused: level by level, without paths, which is cheap.

    ``escapes`` may stand for what is no text, and ``texts`` have to be looked at.
    """
    level: list[Any] = [[value]]
    depth, values = -1, 0
    while level:
        depth += 1
        if depth > limits.depth:
            raise BadRequest(f"The body is nested deeper than {limits.depth} levels.")
        below: list[Any] = []
        for one in level:
            values += len(one)
            below += _look_inside(one, limits, escapes=escapes, texts=texts)
        if values > limits.values:
            raise _too_many(limits)
        level = below


def _look_inside(found: Any, limits: Limits, *, escapes: bool, texts: bool) -> list[Any]:
    """The objects and lists in one of them."""
    if type(found) is list:
        inside: Iterable[Any] = found
        fits = len(found) <= limits.entries
    else:
        inside = found.values()
        # Joined first: together they are short in almost every object.
        fits = len("".join(found)) <= limits.name or max(map(len, found)) <= limits.name
        fits = fits and (not escapes or all(map(_is_text, found)))
    if texts:
        strings = [one for one in inside if type(one) is str]
        fits = fits and max(map(len, strings), default=0) <= limits.text
        fits = fits and (not escapes or all(map(_is_text, strings)))
    if not fits:
        raise _Unfit
    return [one for one in inside if type(one) is dict or type(one) is list]


def _is_text(text: str) -> bool:
    """Whether PostgreSQL can keep it: it has no NUL, and no half of a surrogate pair."""
    if "\0" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# -- where it is -------------------------------------------------------------------------------


class _Doubled(dict[str, Any]):
    """An object with equal names in it."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs)
        self.names = [name for name, count in counts.items() if count > 1]


class _OutOfRange:
    """Stands for a number."""


def _marked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(pairs)


def _marked_number(text: str) -> Any:
    try:
        return _number(text)
    except (_Unfit, ArithmeticError):
        return _OutOfRange()


def _marked_integer(text: str) -> Any:
    try:
        return _integer(text)
    except _Unfit:
        return _OutOfRange()


#: Leaves marks in the value, where the others refuse.
_marking = _stdlib.JSONDecoder(
    object_pairs_hook=_marked_object,
    parse_float=_marked_number,
    parse_int=_marked_integer,
    parse_constant=_constant,
)


def _problems(value: Any, limits: Limits, path: Path) -> Iterator[tuple[Path, str]]:
    if len(path) > limits.depth:
        raise BadRequest(f"The body is nested deeper than {limits.depth} levels.")
    if isinstance(value, dict):
        for name in value.names if isinstance(value, _Doubled) else ():
            yield (*path, name), "Occurs twice in its object."
        for name, nested in value.items():
            # What is wrong with a name is told of the object: no answer can repeat such a name.
            if len(name) > limits.name:
                yield path, f"A name is longer than {limits.name} characters."
            elif not _is_text(name):
                yield path, "A name has NUL or half of a surrogate pair in it."
            yield from _problems(nested, limits, (*path, name))
    elif isinstance(value, list):
        if len(value) > limits.entries:
            yield path, f"More than {limits.entries:,} entries."
        for index, nested in enumerate(value):
            yield from _problems(nested, limits, (*path, index))
    elif isinstance(value, _OutOfRange):
        yield path, "Beyond the range of a double."
    elif isinstance(value, str) and len(value) > limits.text:
        yield path, f"Longer than {limits.text:,} characters."
    elif isinstance(value, str) and not _is_text(value):
        yield path, "Has NUL or half of a surrogate pair in it."

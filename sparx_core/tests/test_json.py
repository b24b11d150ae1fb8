"""JSON as the API reads it: strict, exact, and never a 500."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparx_core.errors import MAX_PROBLEMS, ApiError, BadRequest, PayloadTooLarge, ValidationFailed
from sparx_core.json import DEFAULT_LIMITS, Limits, decode, encode

MAX_DEPTH = DEFAULT_LIMITS.depth


def nested(depth: int, kind: str) -> bytes:
    if kind == "arrays":
        return b"[" * depth + b"]" * depth
    return b'{"a":' * depth + b"1" + b"}" * depth


MALFORMED: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \n",
    "word": b"hello",
    "open object": b'{"a": 1',
    "open string": b'{"a": "b',
    "trailing comma": b'{"a": 1,}',
    "comment": b'{"a": 1 /* one */}',
    "single quotes": b"{'a': 1}",
    "bare name": b"{a: 1}",
    "two values": b'{"a": 1} {"b": 2}',
    "rubbish behind": b'{"a": 1}x',
    "leading zero": b'{"a": 01}',
    "plus": b'{"a": +1}',
    "point without digits": b'{"a": 1.}',
    "digits without zero": b'{"a": .5}',
    "hexadecimal": b'{"a": 0x10}',
    "control character": b'{"a": "b\nc"}',
    "NUL as it is": b'{"a": "b\x00c"}',
    "NUL outside": b'{"a": 1}\x00',
    "unknown escape": b'{"a": "\\x41"}',
    "short escape": b'{"a": "\\u12"}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": -Infinity}',
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "invalid UTF-8": b'{"a": "\xff\xfe"}',
    "cut UTF-8": b'{"a": "\xe2\x82"}',
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "Latin-1": '{"a": "ü"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "64 arrays deep": nested(64, "arrays"),
    "64 objects deep": nested(64, "objects"),
    "one level too deep": nested(MAX_DEPTH + 1, "arrays"),
    "one object too deep": nested(MAX_DEPTH + 1, "objects"),
    "4,000 arrays deep": nested(4_000, "arrays"),
    "9,000 objects deep": nested(9_000, "objects"),
    "9,000 arrays never closed": b"[" * 9_000,
    "arrays closed too often": b"[]" + b"]" * 9_000,
}

TOO_MANY: dict[str, bytes] = {
    "one number too many": b"[" + b",".join([b"[" + b"1," * 998 + b"1]"] * 10) + b"]",
    "one empty object too many": b"[" + b",".join([b"[" + b"{}," * 998 + b"{}]"] * 10) + b"]",
    "a million zeros": b"[" + b"0," * 500_000 + b"0]",
    "half a million objects": b"[" + b"{}," * 300_000 + b"{}]",
    "100,000 arrays deep": nested(100_000, "arrays"),
    "100,000 objects deep": nested(100_000, "objects"),
    "100,000 arrays never closed": b"[" * 100_000,
}

#: Bodies with the pointer to each of their problems.
UNFIT: dict[str, tuple[bytes, list[str]]] = {
    "NUL and nothing else": (b'"\\u0000"', [""]),
    "NUL": (b'{"a": "b\\u0000c"}', ["/a"]),
    "NUL in a name": (b'{"a\\u0000": 1}', [""]),
    "high surrogate": (b'{"a": {"b": ["\\ud800"]}}', ["/a/b/0"]),
    "low surrogate": (b'{"a": "\\udfff"}', ["/a"]),
    "surrogates the wrong way round": (b'{"a": "\\udc00\\ud800"}', ["/a"]),
    "surrogate in a name": (b'{"a": {"\\ud800": 1}}', ["/a"]),
    "below a name with a surrogate": (b'{"a": {"\\ud800": "\\u0000"}}', ["/a", "/a"]),
    "upper-case escape": (b'{"a": "\\uD800"}', ["/a"]),
    "duplicate names": (b'{"a": 1, "a": 2}', ["/a"]),
    "duplicate names further down": (b'[{"x": {"a": 1, "b": 2, "a": 1}}]', ["/0/x/a"]),
    "duplicate names by an escape": (b'{"a": 1, "\\u0061": 2}', ["/a"]),
    "the same name five times": (b'{"a": 1, "a": 2, "a": 3, "a": 4, "a": 5}', ["/a"]),
    "two duplicate names": (b'{"a": [{"b": 1, "b": 2}], "c": 1, "c": 2}', ["/c", "/a/0/b"]),
    "name that a pointer escapes": (b'{"a~/b": {"": "\\u0000"}}', ["/a~0~1b/"]),
    "everything at once": (b'{"a": 1, "a": 1e999, "b": ["\\ud800"]}', ["/a", "/a", "/b/0"]),
    "exponent of 3 digits": (b'{"a": 1e400}', ["/a"]),
    "negative exponent of 3 digits": (b'{"a": [1, -1E-400]}', ["/a/1"]),
    "exponent of 6 digits": (b'{"a": 1e999999}', ["/a"]),
    "negative exponent of 6 digits": (b'{"a": 1e-999999}', ["/a"]),
    "exponent of 20 digits": (b'{"a": 1e99999999999999999999}', ["/a"]),
    "negative exponent of 20 digits": (b'{"a": 1e-99999999999999999999}', ["/a"]),
    "just beyond a double": (b'{"a": 1.7976931348623158e308}', ["/a"]),
    "just beyond a double, negative": (b'{"a": -1.8E+308}', ["/a"]),
    "just below a double": (b'{"a": 9e-325}', ["/a"]),
    "integer just beyond a double": (b'{"a": 18' + b"0" * 307 + b"}", ["/a"]),
    "negative integer just beyond": (b'{"a": -18' + b"0" * 307 + b"}", ["/a"]),
    "integer of 5,000 digits": (b'{"a": ' + b"9" * 5000 + b"}", ["/a"]),
    "integer of 500,000 digits": (b'{"a": -' + b"9" * 500_000 + b"}", ["/a"]),
    "500,000 digits after the point": (b'{"a": 0.' + b"9" * 500_000 + b"}", ["/a"]),
    "long name": (b'{"a": {"' + b"n" * 257 + b'": 1}}', ["/a"]),
    "long name of escapes": (b'{"a": {"' + rb"\"" * 257 + b'": 1}}', ["/a"]),
    "long text": (b'{"a": "' + b"t" * 262_145 + b'"}', ["/a"]),
    "long list": (b'{"a": [' + b"0," * 1000 + b"0]}", ["/a"]),
}

#: Bodies at a limit and not beyond it.
FIT: dict[str, bytes] = {
    "10,000 values": b"[" + (b"[" + b"1," * 998 + b"1],") * 9 + b"[" + b"1," * 997 + b"1]]",
    "name": b'{"' + b"n" * 256 + b'": 1}',
    "name of four bytes each": b'{"' + "😀".encode() * 256 + b'": 1}',
    "text": b'{"a": "' + b"t" * 262_144 + b'"}',
    "list": b'{"a": [' + b"0," * 999 + b"0]}",
    "commas and brackets in a text": b'{"a": "' + b",[{" * 20_000 + b'"}',
    "escaped quotes in a text": b'{"a": "' + rb"\"," * 20_000 + b'"}',
    "largest number": b'{"a": [1.7976931348623157e308, -1.7976931348623157E+308, 0e999]}',
    "smallest number": b'{"a": [4.9406564584124654e-324, -2.2250738585072014e-308]}',
    "integer": b'{"a": [17' + b"0" * 307 + b", -17" + b"0" * 307 + b"]}",
    "digits": b'{"a": 0.' + b"9" * 616 + b"}",
}  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_strict_json_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest) as raised:
        decode(body)
    encode({"message": raised.value.text})  # it can be answered


@pytest.mark.parametrize("body", TOO_MANY.values(), ids=TOO_MANY)
def test_too_many_values_are_too_large(body: bytes) -> None:
    with pytest.raises(PayloadTooLarge):
        decode(body)


@pytest.mark.parametrize(("body", "pointers"), UNFIT.values(), ids=UNFIT)
def test_unfit_values_are_all_told_with_their_pointers(body: bytes, pointers: list[str]) -> None:
    with pytest.raises(ValidationFailed) as raised:
        decode(body)
    assert [problem["pointer"] for problem in raised.value.details] == pointers
    encode(raised.value.details)


@pytest.mark.parametrize("body", FIT.values(), ids=FIT)
def test_limits_themselves_are_kept(body: bytes) -> None:
    found = decode(body)
    assert found == json.loads(body, parse_float=Decimal)


def test_limits_can_be_wider() -> None:
    rows = b"[" + b'{"a": [1]},' * 4999 + b'{"a": [1]}]'
    with pytest.raises(ValidationFailed):
        decode(rows)
    with pytest.raises(PayloadTooLarge):
        decode(rows, Limits(values=15_000, entries=5_000))
    assert decode(rows, Limits(values=15_001, entries=5_000)) == [{"a": [1]}] * 5000


def test_list_of_problems_ends() -> None:
    with pytest.raises(ValidationFailed) as raised:
        decode(b'["\\u0000"' + b',"\\u0000"' * 900 + b"]")
    assert len(raised.value.details) == MAX_PROBLEMS


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": ' + b"9" * 1_000_000 + b"}",
        b'{"a": 0.' + b"9" * 1_000_000 + b"}",
        b'{"a": 1e' + b"9" * 1_000_000 + b"}",
        b'{"a": [' + b"1e999999," * 900 + b"1]}",
        b'"\\"' * 250_000,
        b'"' * 1_000_000,
        b"\\" * 1_000_000,
        b'{"a": "' + rb"\u00e9" * 43_000 + b'"}',
        b"[" + b"0," * 500_000,
        b'{"' + b"n" * 1_000_000,
    ],
    ids=lambda body: str(body[:12]),
)
def test_a_megabyte_of_anything_is_cheap(body: bytes) -> None:
    """The bound is far above what it takes, and far below what a square of its length would."""
    began = time.process_time()
    with suppress(ApiError):
        decode(body)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b" [1, 2] \r\n", [1, 2]),
        (b"null", None),
        (b'"\\u00e9\\ud83d\\ude00"', "é😀"),
        ('{"😀": "ü"}'.encode(), {"😀": "ü"}),
        (b'{"a": {"a": 1}, "b": {"a": 1}}', {"a": {"a": 1}, "b": {"a": 1}}),
        (b'{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        (b'{"a": -0}', {"a": 0}),
        (nested(MAX_DEPTH, "arrays"), json.loads(nested(MAX_DEPTH, "arrays"))),
        (b"[" + b"{}," * 100 + b"{}]", [{}] * 101),
    ],
)
def test_what_is_json_is_read(body: bytes, value: Any) -> None:
    assert decode(body) == value


@pytest.mark.parametrize("text", ["289.50", "0.1", "1e300", "1E-5", "-0.0", "1234567890.123456789"])
def test_numbers_are_exact(text: str) -> None:
    found = decode(f'{{"a": {text}}}'.encode())["a"]
    assert isinstance(found, Decimal)
    assert found.as_tuple() == Decimal(text).as_tuple()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, places=6)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(categories=["L"])), inner)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_what_was_written_is_read_back(value: Any) -> None:
    assert decode(encode([value])) == [value]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_refusal(body: bytes) -> None:
    with suppress(ApiError):
        decode(body)


@given(st.text(alphabet='{}[]":,0123456789eE+-.\\unaltrufs \x00\ud800é', max_size=60))
def test_anything_like_json_is_a_value_or_a_refusal(text: str) -> None:
    try:
        decode(text.encode("utf-8", "surrogatepass"))
    except ApiError as error:
        encode({"message": error.text, "details": error.details})

"""JSON as the API reads it: strict, exact, and never a 500."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparx_core.errors import ApiError, BadRequest, ValidationFailed
from sparx_core.json import MAX_DEPTH, decode, encode


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
    "duplicate names": b'{"a": 1, "a": 2}',
    "duplicate names further down": b'[{"x": {"a": 1, "b": 2, "a": 1}}]',
    "duplicate names by an escape": b'{"a": 1, "\\u0061": 2}',
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
    "100,000 arrays deep": nested(100_000, "arrays"),
    "100,000 objects deep": nested(100_000, "objects"),
    "100,000 arrays never closed": b"[" * 100_000,
    "integer of 5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "integer of 500,000 digits": b'{"a": ' + b"9" * 500_000 + b"}",
    "exponent of 20 digits": b'{"a": 1e99999999999999999999}',
    "negative exponent of 20 digits": b'{"a": 1e-99999999999999999999}',
}

UNFIT: dict[str, tuple[bytes, str]] = {
    "NUL": (b'{"a": "b\\u0000c"}', "a"),
    "NUL in a name": (b'{"a\\u0000": 1}', ""),
    "high surrogate": (b'{"a": {"b": ["\\ud800"]}}', "a.b[0]"),
    "low surrogate": (b'{"a": "\\udfff"}', "a"),
    "surrogates the wrong way round": (b'{"a": "\\udc00\\ud800"}', "a"),
    "surrogate in a name": (b'{"a": {"\\ud800": 1}}', "a"),
    "upper-case escape": (b'{"a": "\\uD800"}', "a"),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_strict_json_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest) as raised:
        decode(body)
    encode({"message": raised.value.text})  # it can be answered


@pytest.mark.parametrize(("body", "field"), UNFIT.values(), ids=UNFIT)
def test_text_that_cannot_be_stored_is_named(body: bytes, field: str) -> None:
    with pytest.raises(ValidationFailed) as raised:
        decode(body)
    assert [problem["field"] for problem in raised.value.details] == [field]
    encode(raised.value.details)


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


@pytest.mark.parametrize("text", ["289.50", "0.1", "1e400", "1E-5", "-0.0", "1234567890.123456789"])
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
    assert decode(encode(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_refusal(body: bytes) -> None:
    with suppress(BadRequest, ValidationFailed):
        decode(body)


@given(st.text(alphabet='{}[]":,0123456789eE+-.\\unaltrufs \x00\ud800é', max_size=60))
def test_anything_like_json_is_a_value_or_a_refusal(text: str) -> None:
    try:
        decode(text.encode("utf-8", "surrogatepass"))
    except ApiError as error:
        encode({"message": error.text, "details": error.details})

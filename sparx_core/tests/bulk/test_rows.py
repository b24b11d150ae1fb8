"""Rows of files: the line where each begins, and what is wrong with it, from any place on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import fields

from sparx_core import Document, Text, ValidationFailed, WholeNumber
from sparx_core.bulk.formats.lines import MAX_ROW_BYTES, Lines, Place
from sparx_core.bulk.formats.rows import (
    FileRow,
    columns_of,
    read_csv,
    read_header,
    read_ndjson,
)
from sparx_core.errors import BadRequest

ALLOWED = {"name": Text(), "stock": WholeNumber(), "meta": Document(), "other": fields.String()}


def pieces(content: bytes, size: int) -> Callable[[int], bytes | None]:
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    return lambda number: parts[number] if number < len(parts) else None


def table(content: bytes, size: int = 7, place: Place | None = None) -> Iterator[FileRow]:
    """The rows of a CSV file in pieces of ``size`` bytes."""
    source = pieces(content, size)
    header = read_header(Lines(source, Place()), ",")
    columns = columns_of(header.data, {}, ALLOWED, frozenset({"id"}))
    return read_csv(Lines(source, place or header.after), ",", columns)


def told(rows: Iterator[FileRow]) -> list[tuple[int, Any]]:
    return [(row.line, row.data if row.error is None else row.error.text) for row in rows]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_lines_are_counted_as_an_editor_counts_them(size: int) -> None:
    content = (
        b'\xef\xbb\xbfname,stock,id,meta.a.b\r\n"two\r\nlines",1,x,\r\n\r\n,,,"\n"\nlast,3,,deep'
    )
    assert told(table(content, size)) == [
        (2, {"name": "two\r\nlines", "stock": 1}),
        (5, {"meta": {"a": {"b": "\n"}}}),
        (7, {"name": "last", "stock": 3, "meta": {"a": {"b": "deep"}}}),
    ]


def test_a_quote_that_never_ends_costs_one_row() -> None:
    content = b'name,stock\nfirst,1\n"open,2\nsecond,"3"\nx"y,4\n"a"b,5\nlast,6\n'
    found = told(table(content))
    assert [line for line, _ in found] == [2, 3, 4, 5, 6, 7]
    assert found[0] == (2, {"name": "first", "stock": 1})
    assert found[1][1].startswith("This is no CSV")
    assert found[2] == (4, {"name": "second", "stock": 3})
    assert found[3] == (5, {"name": 'x"y', "stock": 4}), "a quote inside a bare cell is a quote"
    assert found[4][1].startswith("This is no CSV")
    assert found[5] == (7, {"name": "last", "stock": 6})


def test_rows_that_cannot_be_read_are_told_and_passed_over() -> None:
    content = b"name,stock\n\xff,1\na\0b,2\nshort\n" + b"x" * (MAX_ROW_BYTES + 9) + b",3\nlast,4\n"
    assert told(table(content, 4096)) == [
        (2, "The row is not UTF-8."),
        (3, "The row contains the NUL character."),
        (4, "The row has 1 cells, and the header 2."),
        (5, f"The row is longer than {MAX_ROW_BYTES:,} bytes."),
        (6, {"name": "last", "stock": 4}),
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a,1", '"x\ny",2', '"un', "b", "", '"q""q",3', "\xff,4"]), max_size=9
    ),
    st.integers(1, 30),
)
def test_reading_goes_on_at_any_row(lines: list[str], size: int) -> None:
    content = "\n".join(["name,stock", *lines]).encode("latin-1")
    rows = list(table(content, size))
    for place, row in enumerate(rows):
        assert told(table(content, size, row.after)) == told(iter(rows[place + 1 :]))


def test_lines_of_json() -> None:
    content = b'{"name":"a","id":1}\n\n[1]\n{"name":\n{"a":1,"a":2}\n{"n":1.10}'
    source = pieces(content, 5)
    found = told(read_ndjson(Lines(source, Place()), frozenset({"id"})))
    assert found[0] == (1, {"name": "a"})
    assert [line for line, _ in found] == [1, 3, 4, 5, 6]
    assert found[1][1] == [1], "what it is good for is said later"
    assert "JSON" in found[2][1]
    assert found[3][1] == "Some values are not valid.", "a name twice in one object"
    assert str(found[4][1]["n"]) == "1.10"


@pytest.mark.parametrize(
    ("header", "mapping", "wrong"),
    [
        (["name", "unknown"], {}, ["unknown"]),
        (["name", "name"], {}, ["name"]),
        (["name", "Full"], {"Full": "name"}, ["name"]),
        (["meta", "meta.a"], {}, ["meta.a"]),
        (["name.first"], {}, ["name.first"]),
        (["name", ""], {}, [""]),
        (["name"], {"Missing": "name"}, ["Missing"]),
        (["a", "b", "stock"], {"a": "x", "b": "y"}, ["x", "y"]),
    ],
)
def test_columns_that_are_wrong_are_all_named(
    header: list[str], mapping: dict[str, str], wrong: list[str]
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        columns_of(header, mapping, ALLOWED, frozenset())
    assert [one["field"] for one in caught.value.details] == wrong


def test_headers_mean_what_the_mapping_says() -> None:
    found = columns_of(
        ["Name ", "Comment", "id", "Bestand"],
        {"Name": "name", "Comment": "", "Bestand": "stock"},
        ALLOWED,
        frozenset({"id"}),
    )
    assert [one and one.path for one in found] == [("name",), None, None, ("stock",)]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\n", b'"name\n'])
def test_a_file_without_a_header_is_refused(content: bytes) -> None:
    with pytest.raises(BadRequest):
        read_header(Lines(pieces(content, 9), Place()), ",")

"""What is written into a cell comes back, and is nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import fields

from sparx_core import Document, Flag, ListOf, Money, Text, Timestamp, WholeNumber
from sparx_core.bulk.formats.cells import cell_of, converter
from sparx_core.bulk.formats.escapes import escaped, unescaped

FORMULAS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
#: Text that likes to begin as formulas do, and as what stands for something else.
hostile = st.builds(
    "".join, st.lists(st.sampled_from([*FORMULAS, "'", "''", "\\N", "a", ";", "[", '"', ",", "é"]))
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@settings(max_examples=400, deadline=None)
@given(hostile)
def test_text_comes_back_and_is_no_formula(text: str) -> None:
    cell = escaped(text)
    assert unescaped(cell) == text
    assert not cell.startswith(tuple(FORMULAS))
    assert cell not in ("", "\\N")


@settings(max_examples=200, deadline=None)
@given(hostile)
def test_what_people_type_is_read_as_they_typed_it(cell: str) -> None:
    """Only what was escaped is taken for escaped."""
    assert unescaped(cell) == cell or escaped(unescaped(cell)) == cell


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(hostile, min_size=2, max_size=2), min_size=1, max_size=4))
def test_cells_survive_the_file(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([map(escaped, row) for row in rows])
    lines = _lines(text.getvalue())
    read = [[unescaped(cell) for cell in row] for row in csv.reader(lines, strict=True)]
    assert read == rows


def _lines(text: str) -> list[str]:
    return [f"{part}\n" for part in text.split("\n")[:-1]]


@pytest.mark.parametrize(
    ("field", "value", "cell"),
    [
        (WholeNumber(-9), -5, "-5"),
        (Money(), Decimal("2316.00"), "2316.00"),
        (fields.Float(), Decimal("-0.5"), "-0.5"),
        (Flag(), True, "true"),
        (Flag(), False, "false"),
        (Text(), "-5", "'-5"),
        (Text(), "'-5", "''-5"),
        (Text(), "plain", "plain"),
        (Timestamp(), "2026-06-05T17:41:09Z", "2026-06-05T17:41:09Z"),
        (ListOf(fields.String()), ["a", "b"], "a;b"),
        (ListOf(fields.String()), ["=a", "b"], "'=a;b"),
        (ListOf(fields.String()), [], "[]"),
        (ListOf(fields.String()), ["a;b"], '["a;b"]'),
        (ListOf(fields.String()), ["[a"], '["[a"]'),
        (ListOf(fields.String()), ["", "a"], '["","a"]'),
        (ListOf(WholeNumber()), [1, 2], "[1,2]"),
        (Document(), {"a": [1, None]}, '{"a":[1,null]}'),
    ],
)
def test_values_by_the_type_of_their_field(field: Any, value: Any, cell: str) -> None:
    assert cell_of(value) == cell
    assert converter(field)(cell) == value


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        (Flag(), "TRUE", True),
        (Flag(), "maybe", "maybe"),
        (WholeNumber(), "1.5", "1.5"),
        (WholeNumber(), "01", "01"),
        (WholeNumber(), "9" * 200, "9" * 200),
        (Money(), "1e5", "1e5"),
        (Money(), "12", 12),
        (Document(), "{oops", "{oops"),
        (Document(), "[1]", [1]),
        (Text(), "\\N", None),
        (Text(), "'\\N", "\\N"),
        (Text(), "+14155552671", "+14155552671"),
    ],
)
def test_cells_that_people_type(field: Any, cell: str, value: Any) -> None:
    assert converter(field)(cell) == value

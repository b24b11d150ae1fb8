"""The rows of a file that is imported: each with the line where it begins, and what it says."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from sparx_core.bulk.formats.cells import Convert, converter, nested_field
from sparx_core.bulk.formats.lines import MAX_ROW_BYTES, Line, Lines, Place
from sparx_core.errors import ApiError, BadRequest, ValidationFailed
from sparx_core.json import decode

_BOM = b"\xef\xbb\xbf"
_TOO_LONG = f"The row is longer than {MAX_ROW_BYTES:,} bytes."
#: Columns of a CSV file.
MAX_COLUMNS = 500


@dataclass(frozen=True)
class FileRow:
    """A row of a file: what a client would send for it, or what is wrong with it.

    ``line`` is where it begins, ``raw`` how it was written, ``after`` the place after it.
    """

    line: int
    raw: bytes
    after: Place
    data: Any = None
    error: ApiError | None = None


@dataclass(frozen=True)
class Column:
    """A column of a CSV file: the path of the value it holds, and how its cells are read."""

    path: tuple[str, ...]
    convert: Convert


def read_ndjson(lines: Lines, skipped: frozenset[str]) -> Iterator[FileRow]:
    """One JSON object on each line; empty lines are passed over, and so are ``skipped`` names."""
    for line in lines:
        if line.text is None:
            yield FileRow(line.number, b"", line.after, error=BadRequest(_TOO_LONG))
            continue
        text = line.text.removeprefix(_BOM) if line.number == 1 else line.text
        if not text.strip():
            continue
        try:
            data = decode(text.strip())
        except ApiError as error:
            yield FileRow(line.number, text, line.after, error=error)
            continue
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if name not in skipped}
        yield FileRow(line.number, text, line.after, data)


def read_csv(lines: Lines, delimiter: str, columns: Sequence[Column | None]) -> Iterator[FileRow]:
    """The rows below the header. An empty cell is an absent value, an empty line no row."""
    for record in _records(lines, delimiter):
        if record.error is None and not record.data:
            continue
        if record.error is None and len(record.data) != len(columns):
            told = f"The row has {len(record.data)} cells, and the header {len(columns)}."
            yield FileRow(record.line, record.raw, record.after, error=BadRequest(told))
        elif record.error is None:
            data = _object(columns, record.data)
            yield FileRow(record.line, record.raw, record.after, data)
        else:
            yield record


def read_header(lines: Lines, delimiter: str) -> FileRow:
    """The first row of a CSV file, with its cells as data; ``BadRequest`` if there is none."""
    record = next(_records(lines, delimiter), None)
    if record is None or (record.error is None and not record.data):
        raise BadRequest("The file is empty: its first line must be a header.")
    if record.error is not None:
        raise BadRequest(f"The header cannot be read: {record.error.text}")
    return record


def columns_of(
    header: Sequence[str],
    mapping: Mapping[str, str],
    allowed: Mapping[str, fields.Field[Any]],
    skipped: frozenset[str],
) -> list[Column | None]:
    """What the columns of a file hold, None of those that are passed over.

    ``mapping`` says which field a header means, an empty one that the column means nothing; the
    others are called as the field. One ``ValidationFailed`` names every column that is wrong.
    """
    problems: list[tuple[tuple[str], str]] = []
    names = [name.strip() for name in header]
    if len(names) > MAX_COLUMNS:
        raise ValidationFailed([("", f"More than {MAX_COLUMNS} columns.")])
    problems += [
        ((name[:64],), "There is no such column in the file.")
        for name in mapping
        if name not in names
    ]
    found: list[Column | None] = []
    taken: set[str] = set()
    for name in names:
        target = mapping.get(name, name)
        if target in skipped or (not target and name in mapping):
            found.append(None)
            continue
        first, *rest = target.split(".")
        field = allowed.get(first)
        field = nested_field(field, rest) if field is not None else None
        if field is None:
            problems.append(((target[:64],), "No field of this name can be imported."))
        elif any(_overlap(target, other) for other in taken):
            problems.append(((target[:64],), "Two columns hold this field."))
        else:
            found.append(Column((first, *rest), converter(field)))
        taken.add(target)
    if problems:
        raise ValidationFailed(problems)
    return found


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _object(columns: Sequence[Column | None], cells: Sequence[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if column is None or not cell:
            continue
        inside = data
        for name in column.path[:-1]:
            inside = inside.setdefault(name, {})
        inside[column.path[-1]] = column.convert(cell)
    return data


def _records(lines: Lines, delimiter: str) -> Iterator[FileRow]:
    """The records of a CSV file, as cells or as an error.

    A record that is no CSV ends with the line that it begins on, so that a quote which is never
    closed costs one row and not the rest of the file.
    """
    while True:
        taken: list[Line] = []
        try:
            cells = next(csv.reader(_texts(lines, taken), strict=True, delimiter=delimiter))
            raw = b"".join(one.text or b"" for one in taken)
            yield FileRow(taken[0].number, raw, taken[-1].after, cells)
        except StopIteration:
            return
        except (csv.Error, ApiError) as error:
            first, *rest = taken
            lines.put_back(rest)
            told = error.text if isinstance(error, ApiError) else f"This is no CSV: {error}."
            yield FileRow(first.number, first.text or b"", first.after, error=BadRequest(told))


def _texts(lines: Lines, taken: list[Line]) -> Iterator[str]:
    """Lines as text for the reader of one record; ``taken`` are those that it took."""
    size = 0
    for line in lines:
        taken.append(line)
        size += len(line.text or b"")
        if line.text is None or size > MAX_ROW_BYTES:
            raise BadRequest(_TOO_LONG)
        try:
            text = line.text.decode("utf-8")
        except UnicodeDecodeError:
            raise BadRequest("The row is not UTF-8.") from None
        if "\0" in text:
            raise BadRequest("The row contains the NUL character.")
        yield text.removeprefix("\ufeff") if line.number == 1 else text


#: Reads the rows of a file from a place on.
Read = Callable[[Lines], Iterator[FileRow]]

"""Text in CSV cells that spreadsheets open: nothing that they would run.

A cell that begins with one of ``= + - @``, their full-width forms, a tab or a line break is a
formula to a spreadsheet, whatever quotes are around it. Such text gets an apostrophe before it,
and so does what would otherwise not come back as it was: each text has one escaped form, and
each escaped form one text.
"""

from __future__ import annotations

#: Stands for null in a cell, because an empty cell is an absent value.
NULL = "\\N"
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_MARK = "'"


def escaped(text: str) -> str:
    return _MARK + text if _is_told_apart(text) else text


def unescaped(cell: str) -> str:
    if cell.startswith(_MARK) and _is_told_apart(cell[1:]):
        return cell[1:]
    return cell


def _is_told_apart(text: str) -> bool:
    """Whether it would be a formula, no text at all, null, or something escaped."""
    bare = text.lstrip(_MARK)
    return bare in ("", NULL) or bare.startswith(_FORMULA)

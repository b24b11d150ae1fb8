"""Generated code as the formatter leaves it, however long the names in it are."""

from __future__ import annotations

import re
from collections.abc import Iterator

WIDTH = 100

_IMPORT = re.compile(r"(from \S+ import )(.+)")
_BRACKETS = re.compile(r"(?P<head>.*?[(\[])(?P<body>.*)(?P<tail>[)\]]( -> .+)?:?)")


def laid_out(code: str) -> str:
    """Python with no line that is longer than ``WIDTH``, broken as ``ruff format`` breaks it.

    Knows what templates have: imports, and a pair of brackets that begins somewhere in a line and
    ends with it.
    """
    return "\n".join(part for line in code.split("\n") for part in _broken(line))


def _broken(line: str) -> Iterator[str]:
    if len(line) <= WIDTH:
        yield line
        return
    imported = _IMPORT.fullmatch(line)
    if imported:
        yield f"{imported[1]}("
        yield from _one_a_line(imported[2], "    ")
        yield ")"
        return
    found = _BRACKETS.fullmatch(line)
    if found is None:
        yield line
        return
    outer = line[: len(line) - len(line.lstrip())]
    inner = f"{outer}    "
    yield found["head"]
    if len(inner + found["body"]) <= WIDTH:
        yield inner + found["body"]
    else:
        yield from _one_a_line(found["body"], inner)
    yield outer + found["tail"]


def _one_a_line(body: str, indentation: str) -> Iterator[str]:
    depth, entry = 0, ""
    for character in body:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            yield f"{indentation}{entry.strip()},"
            entry = ""
        else:
            entry += character
    if entry.strip():
        yield f"{indentation}{entry.strip()},"

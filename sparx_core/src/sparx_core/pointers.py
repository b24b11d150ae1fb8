"""Where in a body a value is: as people write it, ``items[0].quantity``, and as a JSON pointer
(RFC 6901), ``/items/0/quantity``.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

#: Characters of a pointer in an answer: a client's own names may be many and long.
MAX_POINTER = 512

_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def path_of(field: str) -> Path:
    """The parts of ``items[0].quantity``; none of the empty text, which is the whole body."""
    return tuple(int(index) if index else name for index, name in _PART.findall(field))


def field_of(path: Path) -> str:
    """``items[0].quantity``."""
    found = ""
    for part in path:
        if isinstance(part, int):
            found += f"[{part}]"
        else:
            found += f".{part}" if found else part
    return found


def pointer_of(path: Path) -> str:
    """``/items/0/quantity``; the empty text for the whole body."""
    return "".join(f"/{_escaped(part)}" for part in path)


def problem(where: str | Path, message: str) -> dict[str, str]:
    """What is wrong with one value, as an entry of ``details``.

    A value at the end of a very long path is told by the object around it that can still be named;
    so is one whose name is no text that JSON can hold.
    """
    path = path_of(where) if isinstance(where, str) else where
    while path and not _can_be_told(path):
        path = path[:-1]
    return {"field": field_of(path), "pointer": pointer_of(path), "message": message}


def _can_be_told(path: Path) -> bool:
    pointer = pointer_of(path)
    if len(pointer) > MAX_POINTER:
        return False
    try:
        pointer.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in pointer


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")

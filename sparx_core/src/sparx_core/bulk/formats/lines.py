"""Physical lines out of the pieces of a file, from any place in it on, without having it all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

#: Bytes of one row, which may be several lines of a CSV file.
MAX_ROW_BYTES = 1 << 20


@dataclass(frozen=True)
class Place:
    """A place in a file at which a row begins: the piece, the byte in it, the line from 1, and
    how many bytes are before it.
    """

    piece: int = 0
    offset: int = 0
    line: int = 1
    done: int = 0


@dataclass(frozen=True)
class Line:
    """A line with its end, its number, and the place after it; ``text`` is None of a line that is
    longer than a row may be.
    """

    text: bytes | None
    number: int
    after: Place


class Lines:
    """The lines of a file from a place on. A line can be put back.

    ``piece`` answers with the piece of a number, None after the last one.
    """

    def __init__(self, piece: Callable[[int], bytes | None], place: Place) -> None:
        self._piece, self._place = piece, place
        self._loaded = piece(place.piece) or b""
        self._back: list[Line] = []

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        return self._back.pop() if self._back else self._read()

    def put_back(self, lines: Sequence[Line]) -> None:
        """Let these lines, which followed one another, come again."""
        self._back.extend(reversed(lines))

    def _read(self) -> Line:
        place = self._place
        parts: list[bytes] = []
        size, number, offset = 0, place.piece, place.offset
        while True:
            end = self._loaded.find(b"\n", offset) + 1
            part = self._loaded[offset : end or None]
            offset += len(part)
            size += len(part)
            # What is too long is passed over, and not kept.
            parts = [*parts, part] if size <= MAX_ROW_BYTES else []
            following = None if end else self._piece(number + 1)
            if following is None:
                break
            self._loaded, number, offset = following, number + 1, 0
        if not size:
            raise StopIteration
        self._place = Place(number, offset, place.line + 1, place.done + size)
        return Line(b"".join(parts) if size <= MAX_ROW_BYTES else None, place.line, self._place)

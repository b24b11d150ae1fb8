"""Where a chunked body ends, told while it arrives. What is in it, gunicorn's parser reads."""

from __future__ import annotations

import re
from enum import Enum, auto

from sparx_core.errors import BadRequest
from sparx_core.server.bounds import MAX_CHUNK_LINE, MAX_TRAILERS

# At most 16 TiB; an extension may follow. RFC 9112, section 7.1.
_SIZE_LINE = re.compile(rb"(?P<size>[0-9A-Fa-f]{1,11})(?:[ \t]*;[^\r\n\0]*)?")


class _Part(Enum):
    SIZE = auto()
    DATA = auto()
    TRAILERS = auto()
    END = auto()


class ChunkedFraming:
    """Follows the framing of one body. Stricter than the parser, so that the two cannot differ."""

    def __init__(self) -> None:
        #: Bytes of the body itself that have arrived.
        self.size = 0
        self._part = _Part.SIZE
        self._line = b""
        self._left = 0
        self._trailers = 0
        #: Whether the line break after a chunk's data is still to come.
        self._expects_end = False

    @property
    def ended(self) -> bool:
        return self._part is _Part.END

    def follow(self, data: bytes) -> int:
        """How many of the next bytes belong to the body; ``BadRequest`` if they are malformed."""
        at = 0
        while at < len(data) and not self.ended:
            if self._part is _Part.DATA:
                at += self._skip(len(data) - at)
            else:
                at += self._read_line(data, at)
        return at

    def _skip(self, arrived: int) -> int:
        part = min(arrived, self._left)
        self._left -= part
        self.size += part
        if not self._left:
            self._part = _Part.SIZE
            self._expects_end = True
        return part

    def _read_line(self, data: bytes, at: int) -> int:
        """Read until the end of a line; how many bytes that took."""
        end = data.find(b"\n", at)
        part = data[at:] if end < 0 else data[at : end + 1]
        self._line += part
        if len(self._line) > MAX_CHUNK_LINE and self._part is _Part.SIZE:
            raise BadRequest("A line of the chunked body is too long.")
        if self._part is _Part.TRAILERS:
            self._trailers += len(part)
            if self._trailers > MAX_TRAILERS:
                raise BadRequest("The trailers of the chunked body are too long.")
        if end >= 0:
            line, self._line = self._line, b""
            if not line.endswith(b"\r\n"):
                raise BadRequest("A line of the chunked body does not end with CR LF.")
            self._take_line(line[:-2])
        elif self._expects_end and self._line not in (b"", b"\r"):
            raise BadRequest("A chunk is longer than its size says.")
        return len(part)

    def _take_line(self, line: bytes) -> None:
        if self._part is _Part.TRAILERS:
            if not line:
                self._part = _Part.END
            return
        if self._expects_end:
            if line:
                raise BadRequest("A chunk is longer than its size says.")
            self._expects_end = False
            return
        found = _SIZE_LINE.fullmatch(line)
        if found is None:
            raise BadRequest("The size of a chunk is not a hexadecimal number.")
        self._left = int(found["size"], 16)
        self._part = _Part.DATA if self._left else _Part.TRAILERS

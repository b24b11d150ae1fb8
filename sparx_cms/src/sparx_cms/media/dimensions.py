"""How large an image says that it is, read from its bytes, so that nothing has to be decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_GIF_TABLE, _GIF_IMAGE, _GIF_EXTENSION = 0x80, 0x2C, 0x21
#: Segments of JPEG that hold the size, and those that have no length.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
#: Boxes of an AVIF file that hold boxes, and what comes before those.
_AVIF_NESTING = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0}
_AVIF_NESTING |= {b"minf": 0, b"stbl": 0}
_MAX_BOXES = 10_000


@dataclass(frozen=True)
class Size:
    """Pixels, as declared, and how many pictures there are one after the other."""

    width: int
    height: int
    frames: int = 1


class Unreadable(Exception):
    """The bytes are not those of an image of their type."""


def declared_size(data: bytes, content_type: str) -> Size:
    """What an image declares. Raises ``Unreadable``."""
    try:
        size = _READERS[content_type](data)
    except (IndexError, ValueError):
        raise Unreadable from None
    if size.width < 1 or size.height < 1 or size.frames < 1:
        raise Unreadable
    return size


def _png(data: bytes) -> Size:
    width, height, frames = _number(data, 16), _number(data, 20), 1
    at = 8
    while at + 8 <= len(data):
        kind = data[at + 4 : at + 8]
        if kind == b"acTL":
            frames = _number(data, at + 8)
        if kind == b"IDAT":
            break
        at += 12 + _number(data, at)
    return Size(width, height, frames)


def _jpeg(data: bytes) -> Size:
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        elif marker in _JPEG_FRAMES:
            return Size(_number(data, at + 7, 2), _number(data, at + 5, 2))
        else:
            at += 2 + max(2, _number(data, at + 2, 2))


def _gif(data: bytes) -> Size:
    width, height = _little(data, 6, 2), _little(data, 8, 2)
    at = 13 + _table(data[10])
    frames = 0
    while at < len(data):
        if data[at] == _GIF_IMAGE:
            frames += 1
            # A picture may be larger than the screen that it is drawn on.
            width = max(width, _little(data, at + 1, 2) + _little(data, at + 5, 2))
            height = max(height, _little(data, at + 3, 2) + _little(data, at + 7, 2))
            at = _after_blocks(data, at + 11 + _table(data[at + 9]))
        elif data[at] == _GIF_EXTENSION:
            at = _after_blocks(data, at + 2)
        else:
            break
    return Size(width, height, frames)


def _table(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & _GIF_TABLE else 0


def _after_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: bytes) -> Size:
    width = height = frames = 0
    at = 12
    while at + 8 <= len(data):
        kind, start = data[at : at + 4], at + 8
        if kind == b"VP8X":
            width, height = _little(data, start + 4, 3) + 1, _little(data, start + 7, 3) + 1
        elif kind == b"ANMF":
            frames += 1
        elif kind == b"VP8 ":
            width = max(width, _little(data, start + 6, 2) & 0x3FFF)
            height = max(height, _little(data, start + 8, 2) & 0x3FFF)
        elif kind == b"VP8L":
            bits = _little(data, start + 1, 4)
            width = max(width, (bits & 0x3FFF) + 1)
            height = max(height, (bits >> 14 & 0x3FFF) + 1)
        length = _little(data, at + 4, 4)
        at = start + length + (length & 1)
    return Size(width, height, frames or 1)


def _avif(data: bytes) -> Size:
    width = height = 0
    frames = 1
    for count, (kind, start) in enumerate(_boxes(data, 0, len(data))):
        if count > _MAX_BOXES:
            raise ValueError
        if kind == b"ispe":  # of the image, and of each tile that it is put together of
            width = max(width, _number(data, start + 4))
            height = max(height, _number(data, start + 8))
        elif kind == b"stsz":
            frames = max(frames, _number(data, start + 8))
    return Size(width, height, frames)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Each box, and those inside, with where its contents begin."""
    while at + 8 <= end:
        length, kind, start = _number(data, at), data[at + 4 : at + 8], at + 8
        if length == 1:
            length, start = _number(data, at + 8, 8), at + 16
        length = length or end - at
        if length < start - at or at + length > end:
            raise ValueError
        yield kind, start
        if kind in _AVIF_NESTING:
            yield from _boxes(data, start + _AVIF_NESTING[kind], at + length)
        at += length


def _number(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(_taken(data, at, size))


def _little(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(_taken(data, at, size), "little")


def _taken(data: bytes, at: int, size: int) -> bytes:
    taken = data[at : at + size]
    if len(taken) < size:
        raise ValueError
    return taken


_READERS = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/avif": _avif,
}

"""The types of files that are stored, told by their bytes and never by what a client says."""

from __future__ import annotations

import re

#: Types, with the endings that names of such files have; the first is the usual one.
EXTENSIONS = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png", "apng"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/avif": ("avif", "avifs"),
    "image/svg+xml": ("svg",),
    "video/mp4": ("mp4", "m4v"),
    "video/webm": ("webm",),
    "video/quicktime": ("mov", "qt"),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a", "m4b"),
    "audio/wav": ("wav",),
    "application/pdf": ("pdf",),
}
SVG = "image/svg+xml"
#: Images that are decoded, to make others of them.
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})
IMAGES = PICTURES | {SVG}
#: What a browser may be asked to show under the host of the API. Others could run something.
SHOWN = PICTURES | {"video/mp4", "video/webm", "video/quicktime"}
SHOWN |= {"audio/mpeg", "audio/mp4", "audio/wav"}

#: Bytes from which a type is told.
HEAD_BYTES = 4096

_PREFIXES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
#: A frame of MPEG audio: eleven bits, no reserved version, layer III, no reserved rate.
_MPEG_AUDIO = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xeb]", re.DOTALL)
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"M4V ": "video/mp4",
    b"isom": "video/mp4",
    b"iso2": "video/mp4",
    b"iso4": "video/mp4",
    b"iso5": "video/mp4",
    b"iso6": "video/mp4",
    b"mp41": "video/mp4",
    b"mp42": "video/mp4",
    b"avc1": "video/mp4",
    b"dash": "video/mp4",
}
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*"
    rb"(?:<!DOCTYPE\s+svg[^\[>]*(?:\[.*?\])?\s*>\s*)?(?:<!--.*?-->\s*)*<(?:[A-Za-z]+:)?svg[\s>/]",
    re.DOTALL,
)


def sniff(head: bytes) -> str | None:
    """The type of a file, by its first ``HEAD_BYTES``; None for what is not stored."""
    for prefix, found in _PREFIXES:
        if head.startswith(prefix):
            return found
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _container(head)
    if head.startswith(b"\x1aE\xdf\xa3"):  # EBML, of which WebM is one kind
        return "video/webm" if b"\x42\x82\x84webm" in head[:128] else None
    if _MPEG_AUDIO.match(head):
        return "audio/mpeg"
    return SVG if _MARKUP.match(head) else None


def fits(filename: str, content_type: str) -> bool:
    """Whether the name of a file ends as those of its type do."""
    _, dot, ending = filename.rpartition(".")
    return bool(dot) and ending.lower() in EXTENSIONS[content_type]


def _container(head: bytes) -> str | None:
    """The type of an ISO base media file: its brand, or else one that it is compatible to."""
    length = min(int.from_bytes(head[:4]), len(head), 256)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))]
    return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), None)

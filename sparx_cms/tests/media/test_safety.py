"""Files that are none of those that are stored: told by their bytes, before they are decoded."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from sparx_cms.errors.media import FileRefused
from sparx_cms.media.examining import examine
from sparx_cms.media.kinds import sniff
from sparx_cms.media.svg import Unsafe, clean_svg
from sparx_core.testing import Answer

from .conftest import a_picture

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


def png_declaring(width: int, height: int, frames: int = 1) -> bytes:
    """A PNG of a few bytes that says how large it is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    animated = chunk(b"acTL", struct.pack(">II", frames, 0)) if frames > 1 else b""
    body = chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + animated + body


def gif_of(frames: int, width: int = 10, height: int = 10) -> bytes:
    """A GIF of many pictures of one pixel each."""
    picture = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    screen = struct.pack("<HH", width, height) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + screen + picture * frames + b"\x3b"


def jpeg_declaring(width: int, height: int) -> bytes:
    return (
        b"\xff\xd8\xff\xe0\0\x04JF\xff\xc0\0\x11\x08" + struct.pack(">HH", height, width) + b"\x03"
    )


def webp_declaring(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + size


def avif_declaring(width: int, height: int) -> bytes:
    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data) + 8) + kind + data

    ispe = box(b"ispe", b"\0\0\0\0" + struct.pack(">II", width, height))
    meta = box(b"meta", b"\0\0\0\0" + box(b"iprp", box(b"ipco", ispe)))
    return box(b"ftyp", b"avif\0\0\0\0avifmif1") + meta


@pytest.mark.parametrize(
    ("filename", "data", "reason"),
    [
        ("a.png", png_declaring(60_000, 60_000), "dimensions"),
        ("a.jpg", jpeg_declaring(60_000, 60_000), "dimensions"),
        ("a.webp", webp_declaring(16_000, 16_000), "dimensions"),
        ("a.avif", avif_declaring(60_000, 60_000), "dimensions"),
        ("a.gif", gif_of(1, 60_000, 60_000), "dimensions"),
        ("a.gif", gif_of(5_000), "frames"),
        ("a.gif", gif_of(900, 1_000, 1_000), "frames"),
        ("a.png", png_declaring(100, 100, 5_000), "frames"),
        ("a.jpg", b"<!DOCTYPE html><script>alert(1)</script>", "type"),
        ("a.png", b"PK\x03\x04" + bytes(100), "type"),
        ("a.png", a_picture("JPEG"), "extension"),
        ("a", a_picture("PNG"), "extension"),
        ("a.png", a_picture("PNG")[:20], "broken"),
        ("a.png", png_declaring(0, 10), "broken"),
        ("a.svg", SVG.format("<script>alert(1)</script>").encode(), "unsafe"),
        ("a.svg", SVG.format("<g>").encode(), "broken"),
        ("a.png", b"", "empty"),
    ],
    ids=lambda value: None if isinstance(value, str) else f"{len(value)} bytes",
)
def test_refused_files(filename: str, data: bytes, reason: str) -> None:
    with pytest.raises(FileRefused) as told:
        examine(filename, data, len(data))
    assert told.value.reason == reason


def test_refusals_write_nothing(
    send_form: Callable[..., Answer], nothing_written: Callable[..., Any]
) -> None:
    with nothing_written():
        for filename, data, reason in (
            ("a.png", png_declaring(60_000, 60_000), "dimensions"),
            ("a.gif", gif_of(5_000), "frames"),
            ("a.svg", SVG.format("<script>alert(1)</script>").encode(), "unsafe"),
            ("a.jpg", b"<!DOCTYPE html><script>alert(1)</script>", "type"),
        ):
            answer = send_form(filename, data)
            assert (answer.status, answer.error["code"]) == (422, "file_refused")
            assert answer.error["details"] == {"reason": reason}


def test_refusing_a_bomb_takes_no_memory() -> None:
    import tracemalloc

    bombs = [png_declaring(60_000, 60_000), webp_declaring(16_383, 16_383), gif_of(5_000)]
    tracemalloc.start()
    for name, bomb in zip(("a.png", "a.webp", "a.gif"), bombs, strict=True):
        with pytest.raises(FileRefused):
            examine(name, bomb, len(bomb))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


@pytest.mark.parametrize(
    "inside",
    [
        "<script/>",
        "<g onclick='alert(1)'/>",
        "<g ONLOAD='alert(1)'/>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
        "<metadata><x><script xmlns='http://www.w3.org/2000/svg'/></x></metadata>",
        "<h:iframe xmlns:h='http://www.w3.org/1999/xhtml' src='//evil.example'/>",
        "<a href='javascript:alert(1)'><text>x</text></a>",
        "<a xlink:href='java&#x09;script:alert(1)'/>",
        "<a href='&#106;avascript:alert(1)'/>",
        "<a href='data:text/html,x'/>",
        "<use href='https://evil.example/a.svg#x'/>",
        "<use xlink:href='//evil.example/a.svg#x'/>",
        "<image href='https://evil.example/track.gif'/>",
        "<image href='data:image/svg+xml;base64,AAAA'/>",
        "<style>@import url(//evil.example/a.css);</style>",
        "<style>@im<!-- -->port '//evil.example'</style>",
        "<style>@im<g/>port '//evil.example'</style>",
        "<style>g { fill: url(https://evil.example/a) }</style>",
        "<g style='fill: url(\"//evil.example/a\")'/>",
        "<g style='background: \\75rl(//evil.example)'/>",
        "<set attributeName='onmouseover' to='alert(1)'/>",
        "<a href='#x'><animate attributeName='xlink:href' to='javascript:alert(1)'/></a>",
        "<g xml:base='https://evil.example/'/>",
    ],
)
def test_svg_that_runs_or_loads_something(inside: str) -> None:
    data = SVG.format(inside).encode()
    try:
        cleaned = clean_svg(data)
    except Unsafe:
        return
    # What is no attack by itself is left out.
    assert not any(one in cleaned for one in (b"evil", b"alert")), cleaned


def test_entities_of_svg_are_not_expanded() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;">]>' + SVG.format("&b;")
    outside = '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SVG.format("&a;")
    for data in (bomb, outside):
        with pytest.raises(Unsafe):
            clean_svg(data.encode())
    deep = SVG.format("<g>" * 5_000 + "</g>" * 5_000)
    with pytest.raises(Unsafe):
        clean_svg(deep.encode())


def test_svg_of_editors_stays_a_picture() -> None:
    drawn = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x/svg.dtd">'
        "<!-- made by hand -->"
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:ink="http://www.inkscape.org/namespaces/i"'
        ' viewBox="0 0 10 10" ink:version="1"><defs><linearGradient id="a"/></defs>'
        '<ink:view zoom="3"/><metadata><rdf/></metadata>'
        '<rect width="10" height="10" fill="url(#a)"/><style>rect { stroke: red }</style></svg>'
    )
    cleaned = clean_svg(drawn.encode()).decode()
    assert all(one in cleaned for one in ('fill="url(#a)"', "linearGradient", "stroke: red"))
    assert not any(gone in cleaned for gone in ("DOCTYPE", "ink", "metadata", "made by hand"))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_pictures_are_what_they_are(form: str) -> None:
    data = a_picture(form, (64, 48))
    found = examine(f"a.{form.lower()}", data, len(data))
    assert found.content_type == f"image/{form.lower()}"
    assert found.size is not None
    assert (found.size.width, found.size.height, found.size.frames) == (64, 48, 1)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", "video/quicktime"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00M4A mp42", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", None),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", None),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"<html><svg>", None),
        (b"MZ\x90\0", None),
    ],
)
def test_types_are_told_by_bytes(head: bytes, expected: str | None) -> None:
    assert sniff(head) == expected

"""The kinds of images that libraries of images test themselves with, made here."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from sparx_cms.media.examining import examine
from sparx_cms.media.pictures import (
    FORMATS,
    Broken,
    Crop,
    decoded,
    dominant_color,
    encoded,
    resized,
)

from .conftest import a_picture

Color = tuple[int, int, int]


def saved(picture: Image.Image, form: str, **more: Any) -> bytes:
    made = io.BytesIO()
    picture.save(made, form, **more)
    return made.getvalue()


def quarters(mode: str = "RGB") -> Image.Image:
    """Red and green above, blue and white below."""
    return Image.open(io.BytesIO(a_picture())).convert(mode)


def shown(data: bytes, form: str = "PNG") -> Image.Image:
    """What is decoded of a file that is taken."""
    ending = {"JPEG": "jpg"}.get(form, form.lower())
    found = examine(f"a.{ending}", data, len(data))
    return decoded(data, found.content_type)


def is_near(found: Any, wanted: Color, by: int = 40) -> bool:
    return all(abs(here - there) <= by for here, there in zip(found[:3], wanted, strict=True))


#: Where the corner that was red is, for each way in which a camera may have been held.
_CORNERS = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", _CORNERS)
def test_all_orientations_are_turned_upright(form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = shown(a_picture(form, (80, 40), exif=exif), form)
    assert picture.size == ((80, 40) if orientation < 5 else (40, 80))
    right, below = _CORNERS[orientation]
    corner = (right * (picture.width - 6) + 2, below * (picture.height - 6) + 2)
    assert is_near(picture.getpixel(corner), (255, 0, 0))
    assert "exif" not in picture.info


def test_what_a_camera_says_may_be_nonsense() -> None:
    for nonsense in (b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff"):
        assert shown(a_picture("JPEG", exif=nonsense), "JPEG").size == (60, 40)


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_colors_of_jpeg(mode: str) -> None:
    picture = shown(saved(quarters(mode), "JPEG", quality=95), "JPEG")
    assert picture.mode == "RGB"
    assert is_near(picture.getpixel((55, 35)), (255, 255, 255))
    if mode != "L":
        assert is_near(picture.getpixel((5, 5)), (255, 0, 0))


def test_grey_of_sixteen_bits_keeps_its_shades() -> None:
    deep = Image.new("I;16", (4, 1))
    for place, value in enumerate((0, 0x4000, 0x8000, 0xFFFF)):
        deep.putpixel((place, 0), value)
    picture = shown(saved(deep, "PNG"))
    grey = [picture.getpixel((place, 0)) for place in range(4)]
    assert [one[0] for one in grey if isinstance(one, tuple)] == [0, 63, 127, 255]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_becomes_every_format(mode: str) -> None:
    made = Image.new("I;16", (60, 40), 0x8000) if mode == "I;16" else quarters(mode)
    picture = shown(saved(made, "PNG"))
    assert picture.mode in ("RGB", "RGBA")
    assert len(dominant_color(picture)) == 7
    for form in FORMATS:
        small = Image.open(io.BytesIO(encoded(resized(picture, Crop(30, None)), form)))
        assert small.size == (30, 20)


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP"])
def test_what_is_transparent_stays_so(form: str) -> None:
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, 10, 20))
    picture = shown(saved(clear, form), form)
    kept = Image.open(io.BytesIO(encoded(picture, "webp"))).convert("RGBA")
    assert [kept.getpixel((x, 10))[3] for x in (3, 16)] == [255, 0]  # type: ignore[index]
    on_white = Image.open(io.BytesIO(encoded(picture, "jpeg")))
    assert is_near(on_white.getpixel((16, 10)), (255, 255, 255))


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_how_many_pictures_move(form: str) -> None:
    others = [quarters().rotate(angle) for angle in (90, 180)]
    data = saved(quarters(), form, save_all=True, append_images=others)
    found = examine(f"a.{form.lower()}", data, len(data))
    assert found.size is not None
    assert (found.size.width, found.size.height, found.size.frames) == (60, 40, 3)
    assert is_near(shown(data, form).getpixel((5, 5)), (255, 0, 0))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_what_is_cut_off_is_broken(form: str, share: float) -> None:
    data = saved(Image.effect_noise((60, 40), 60).convert("RGB"), form)
    with pytest.raises(Broken):
        decoded(data[: int(len(data) * share)], f"image/{form.lower()}")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_no_damage_is_worse_than_broken(form: str) -> None:
    data = saved(Image.effect_noise((30, 20), 60).convert("RGB"), form)
    for place in range(8, len(data), max(1, len(data) // 150)):
        for value in (0, 255, data[place] ^ 1):
            damaged = data[:place] + bytes([value]) + data[place + 1 :]
            try:
                picture = decoded(damaged, f"image/{form.lower()}")
            except Broken:
                continue
            assert picture.mode in ("RGB", "RGBA")

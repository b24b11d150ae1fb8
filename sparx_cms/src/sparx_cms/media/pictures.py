"""Images made of images, with Pillow. What it is given was examined before."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore
from typing import Literal

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

Fit = Literal["cover", "inside"]
Format = Literal["avif", "webp", "jpeg", "png"]
FITS: tuple[Fit, ...] = ("cover", "inside")
FORMATS: tuple[Format, ...] = ("avif", "webp", "jpeg", "png")
MEDIA_TYPES: dict[str, str] = {one: f"image/{one}" for one in FORMATS}
#: What is good enough in each format, from 1 to 100.
QUALITY = {"avif": 60, "webp": 80, "jpeg": 82, "png": 100}

#: The widths of the variants of an image, as far as it is wider itself.
WIDTHS = (400, 800, 1200, 2000)
VARIANT_FORMATS: tuple[Format, ...] = ("avif", "webp")

_DECODERS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
#: Images that one process holds decoded at a time: one may take 200 MB.
decoding = BoundedSemaphore(2)


class Broken(Exception):
    """The bytes of an image cannot be decoded."""


@dataclass(frozen=True)
class Crop:
    """What an image is made to be. The focal point, from 0 to 1, stays in what ``cover`` shows."""

    width: int | None
    height: int | None
    fit: Fit = "inside"
    focal_x: float = 0.5
    focal_y: float = 0.5


def decoded(data: bytes, content_type: str) -> Image.Image:
    """The first picture, upright and in sRGB. Raises ``Broken``."""
    try:
        picture: Image.Image = Image.open(BytesIO(data), formats=[_DECODERS[content_type]])
        picture.load()
        return _in_srgb(ImageOps.exif_transpose(picture))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise Broken from error
    except (Image.DecompressionBombError, MemoryError, RuntimeError) as error:
        raise Broken from error  # RuntimeError is what the decoder of AVIF says


def resized(picture: Image.Image, crop: Crop) -> Image.Image:
    """The picture as a crop wants it; never larger than it is."""
    width, height = crop.width or picture.width, crop.height or picture.height
    if crop.fit == "cover" and crop.width and crop.height:
        scale = min(1.0, picture.width / width, picture.height / height)
        target = (max(1, round(width * scale)), max(1, round(height * scale)))
        centre = (crop.focal_x, crop.focal_y)
        return ImageOps.fit(picture, target, Image.Resampling.LANCZOS, centering=centre)
    scale = min(1.0, width / picture.width, height / picture.height)
    if scale == 1.0:
        return picture
    target = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(target, Image.Resampling.LANCZOS)


def encoded(picture: Image.Image, form: Format, quality: int | None = None) -> bytes:
    """The picture as a file, without anything that its camera or author put into the original."""
    if form == "jpeg" and picture.mode != "RGB":
        picture = _on_white(picture)
    made = BytesIO()
    chosen = quality or QUALITY[form]
    if form == "png":
        picture.save(made, "PNG")
    elif form == "avif":
        picture.save(made, "AVIF", quality=chosen, speed=8)
    else:
        picture.save(made, form.upper(), quality=chosen)
    return made.getvalue()


def dominant_color(picture: Image.Image) -> str:
    """The mean of all pixels, ``#rrggbb``: to show while the image is loaded."""
    red, green, blue = _on_white(picture).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return f"#{red:02x}{green:02x}{blue:02x}"


def widths_of(width: int) -> list[int]:
    """The widths of the variants of an image: its own, if it is smaller than all of them."""
    return [one for one in WIDTHS if one < width] or [width]


def _in_srgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        picture = _in_eight_bits(picture)
    profile = picture.info.get("icc_profile")
    transparent = "A" in picture.mode or "transparency" in picture.info
    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        # A profile that cannot be used is as good as none.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            mode = "RGBA" if picture.mode == "RGBA" else "RGB"
            done = ImageCms.profileToProfile(
                picture, source, ImageCms.createProfile("sRGB"), outputMode=mode
            )
            picture = done or picture
    picture = picture.convert("RGBA" if transparent else "RGB")
    picture.info.clear()
    return picture


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of sixteen bits with all of its shades: converted as it is, all but black is white."""
    grey = picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    grey.info.pop("transparency", None)
    return grey


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground

"""Whether a file is one that is stored: decided before anything of it is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from sparx_cms.errors.media import FileRefused
from sparx_cms.media.dimensions import Size, Unreadable, declared_size
from sparx_cms.media.kinds import EXTENSIONS, IMAGES, PICTURES, SVG, fits, sniff
from sparx_cms.media.svg import Unsafe, clean_svg

#: The largest image; what is larger is video, sound or a document, and nobody decodes it.
MAX_IMAGE_BYTES = 25 * 1024 * 1024
#: Pixels of one picture, and of all pictures of an animation; how many those may be.
MAX_PIXELS, MAX_ALL_PIXELS, MAX_FRAMES = 50_000_000, 200_000_000, 1_000


@dataclass(frozen=True)
class Examined:
    """What a file is. ``data`` is what is to be stored of an image, None for the file as it is."""

    content_type: str
    size: Size | None = None
    data: bytes | None = None

    @property
    def is_picture(self) -> bool:
        """Whether other images are made of it."""
        return self.content_type in PICTURES


def examine(filename: str, head: bytes, length: int) -> Examined:
    """What a file of ``length`` bytes is; ``head`` is all of it, if it may be an image. Raises
    ``FileRefused``.
    """
    if not length:
        raise FileRefused("empty", "The file is empty.")
    found = sniff(head)
    if found is None:
        allowed = ", ".join(EXTENSIONS)
        raise FileRefused("type", f"The file is of none of the types that are allowed: {allowed}.")
    if not fits(filename, found):
        raise FileRefused("extension", f"The file is {found}, and its name does not end like that.")
    if found not in IMAGES:
        return Examined(found)
    if length > MAX_IMAGE_BYTES:
        raise FileRefused("size", f"Images have at most {MAX_IMAGE_BYTES:,} bytes.")
    if found == SVG:
        return Examined(found, data=_cleaned(head))
    return Examined(found, _size(head, found))


def _cleaned(data: bytes) -> bytes:
    try:
        return clean_svg(data)
    except Unsafe as error:
        raise FileRefused("unsafe", f"The SVG is not safe. {error}.") from None
    except ValueError:
        raise FileRefused("broken", "The SVG cannot be read.") from None


def _size(data: bytes, content_type: str) -> Size:
    try:
        size = declared_size(data, content_type)
    except Unreadable:
        raise FileRefused("broken", "The image cannot be read.") from None
    if size.width * size.height > MAX_PIXELS:
        raise FileRefused("dimensions", f"Images have at most {MAX_PIXELS:,} pixels.")
    if size.frames > MAX_FRAMES or size.width * size.height * size.frames > MAX_ALL_PIXELS:
        raise FileRefused(
            "frames",
            f"Animations have at most {MAX_FRAMES:,} pictures, {MAX_ALL_PIXELS:,} pixels in all.",
        )
    return size

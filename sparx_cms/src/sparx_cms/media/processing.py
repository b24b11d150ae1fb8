"""What a worker makes of an image: smaller ones, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PIL.Image import Image

from sparx_cms.media.pictures import (
    VARIANT_FORMATS,
    Broken,
    Crop,
    decoded,
    decoding,
    dominant_color,
    encoded,
    resized,
    widths_of,
)
from sparx_cms.media.places import original_of, variant_of, variant_url
from sparx_cms.models.assets import FAILED, READY, Asset
from sparx_core import Files, Values


def process_picture(files: Files, asset: Asset, is_wanted: Callable[[], bool]) -> Values | None:
    """Make the variants of an image; what the asset is told of, or None if nobody wants it any
    more, which is asked after each of them. What an earlier attempt has made is made again.
    """
    data = files.bytes_of(original_of(asset.id, int(asset.content_version)))
    with decoding:
        try:
            picture = decoded(data, asset.content_type)
        except Broken:
            return {"status": FAILED, "problem": "The image cannot be decoded."}
        told = {
            "width": picture.width,
            "height": picture.height,
            "dominant_color": dominant_color(picture),
            "status": READY,
        }
        if asset.frames != 1:  # what moves would stand still: it is served as it is
            return told | {"variants": []}
        variants = []
        for made in _variants(files, asset, picture):
            variants.append(made)
            if not is_wanted():
                return None
        return told | {"variants": variants}


def _variants(files: Files, asset: Asset, picture: Image) -> Iterator[Values]:
    """Makes smaller images, and tells of each."""
    for width in widths_of(picture.width):
        smaller = resized(picture, Crop(width, None))
        for form in VARIANT_FORMATS:
            data = encoded(smaller, form)
            files.write(variant_of(asset, width, form), [data])
            yield {
                "format": form,
                "width": smaller.width,
                "height": smaller.height,
                "size": len(data),
                "url": variant_url(asset, width, form),
            }

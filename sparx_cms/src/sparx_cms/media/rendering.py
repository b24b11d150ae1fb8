"""Images that are made when they are asked for, at addresses that were signed."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self
from urllib.parse import urlencode

from sparx_cms.errors.media import AssetNotReady, RenderingBusy, RenderingUnsigned
from sparx_cms.media.kinds import PICTURES
from sparx_cms.media.pictures import (
    MEDIA_TYPES,
    QUALITY,
    Broken,
    Crop,
    Fit,
    Format,
    decoded,
    decoding,
    encoded,
    resized,
)
from sparx_cms.media.places import PUBLIC, original_of, rendering_of
from sparx_cms.models.assets import READY, Asset
from sparx_core import FileAnswer, Files, NotFound, StoredFile

#: Pixels of a side at most.
MAX_SIDE = 4000
#: Seconds to wait for other images to be made.
_PATIENCE = 5.0

PRESETS: dict[str, dict[str, Any]] = {
    "thumbnail": {"width": 200, "height": 200, "fit": "cover"},
    "small": {"width": 400},
    "medium": {"width": 800},
    "large": {"width": 1600},
    "social": {"width": 1200, "height": 630, "fit": "cover", "format": "jpeg"},
}


@dataclass(frozen=True)
class Rendering:
    """What an image is to be made; as signed, with what is left out as None."""

    width: int | None = None
    height: int | None = None
    fit: Fit = "inside"
    format: Format = "webp"
    quality: int | None = None

    @classmethod
    def asked(cls, query: dict[str, Any]) -> Self:
        """What a request asks for."""
        return cls(**{name: query[name] for name in cls.__dataclass_fields__ if name in query})

    def url(self, asset: Asset) -> str:
        """The address at which anybody may have it."""
        chosen = {name: value for name, value in vars(self).items() if value is not None}
        version = int(asset.content_version)
        query = {**chosen, "v": version, "s": self.signature(asset, version)}
        return f"{PUBLIC}/{asset.token}/render?{urlencode(query)}"

    def signature(self, asset: Asset, version: int) -> str:
        told = "|".join(str(value) for value in (asset.id, version, *vars(self).values()))
        return hmac.new(bytes.fromhex(asset.signing_key), told.encode(), sha256).hexdigest()

    def name(self, asset: Asset) -> str:
        """Its name in storage: another one wherever another image would be made."""
        focus = f"{asset.focal_x:.4f}|{asset.focal_y:.4f}"
        told = "|".join(str(value) for value in (*vars(self).values(), focus))
        return rendering_of(asset, sha256(told.encode()).hexdigest()[:32], self.format)


def render(files: Files, asset: Asset, query: dict[str, Any]) -> FileAnswer:
    """The image that a request asks for, which is made unless it was before."""
    version = int(asset.content_version)
    if asset.content_type not in PICTURES or asset.status != READY:
        raise AssetNotReady
    preset = query.get("preset")
    rendering = Rendering.asked(query if preset is None else PRESETS[preset])
    told = int(query.get("v", version))
    if preset is None:
        expected = rendering.signature(asset, told)
        if not hmac.compare_digest(expected, str(query.get("s", ""))):
            raise RenderingUnsigned
    stem = asset.filename.rpartition(".")[0] or asset.filename
    return FileAnswer(
        _content(files, asset, rendering),
        MEDIA_TYPES[rendering.format],
        f"{stem}.{rendering.format}",
        lasting=told == version and "v" in query,
    )


def _content(files: Files, asset: Asset, rendering: Rendering) -> Callable[[], StoredFile]:
    name = rendering.name(asset)
    tag = name.rpartition("/")[2].replace(".", "-")

    def made() -> StoredFile:
        found = files.stored(name, tag)
        if found is None:
            size = files.write(name, [_made(files, asset, rendering)])
            found = StoredFile(files, name, size, tag)
        return found

    return made


def _made(files: Files, asset: Asset, rendering: Rendering) -> bytes:
    try:
        data = files.bytes_of(original_of(asset.id, int(asset.content_version)))
    except FileNotFoundError:
        raise NotFound from None
    if not decoding.acquire(timeout=_PATIENCE):
        raise RenderingBusy
    try:
        focus = {"focal_x": float(asset.focal_x), "focal_y": float(asset.focal_y)}
        crop = Crop(rendering.width, rendering.height, rendering.fit, **focus)
        quality = rendering.quality or QUALITY[rendering.format]
        return encoded(resized(decoded(data, asset.content_type), crop), rendering.format, quality)
    except Broken:
        raise AssetNotReady from None
    finally:
        decoding.release()

"""Where files are: their names in storage, and the addresses at which anybody may have them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

from sparx_cms.models.assets import Asset, Upload
from sparx_core import Files

ASSETS, UPLOADS = "cms/assets/", "cms/uploads/"
PUBLIC = "/v1/cms/public/assets"


def original_of(asset: UUID, version: int) -> str:
    return f"{ASSETS}{asset}/{version}/original"


def variant_of(asset: Asset, width: int, form: str) -> str:
    return f"{ASSETS}{asset.id}/{asset.content_version}/w{width}.{form}"


def rendering_of(asset: Asset, digest: str, form: str) -> str:
    return f"{ASSETS}{asset.id}/{asset.content_version}/r-{digest}.{form}"


def new_part(upload: UUID) -> str:
    """A name for a part of an upload, which no part had before."""
    return f"{UPLOADS}{upload}/{uuid4().hex}"


def parts_of(files: Files, upload: Upload) -> Iterator[bytes]:
    """All bytes of an upload, in order."""
    for name in upload.parts:
        yield from files.read(name)


def variant_url(asset: Asset, width: int, form: str) -> str:
    query = f"width={width}&format={form}&v={asset.content_version}"
    return f"{PUBLIC}/{asset.token}/variant?{query}"

"""The bytes of assets, for everybody who has their address."""

from __future__ import annotations

from sparx_cms.errors.media import AssetNotReady, RenderingBusy, RenderingUnsigned
from sparx_cms.media.kinds import SHOWN
from sparx_cms.media.pictures import MEDIA_TYPES
from sparx_cms.media.places import original_of, variant_of
from sparx_cms.media.rendering import Rendering, render
from sparx_cms.models.assets import Asset
from sparx_cms.operations.assets import assets
from sparx_cms.public_assets import public_assets
from sparx_cms.schemas.assets import (
    RenderBody,
    RenderedSchema,
    RenderQuery,
    VariantQuery,
    VersionQuery,
)
from sparx_core import Context, FileAnswer, Files, NotFound, Shown, Values


@public_assets.file_by_link("file", media_type="application/octet-stream", query=VersionQuery)
def asset_file(ctx: Context, asset: Asset, query: Values) -> FileAnswer:
    """The file as it was uploaded, or a range of it. A browser saves what could run something, SVG
    and PDF, and shows the others.
    """
    name = original_of(asset.id, int(asset.content_version))
    tag = asset.checksum or f"{asset.id}-{asset.content_version}"
    return _answer(ctx.files, asset, name, tag, query)


@public_assets.file_by_link("variant", media_type="image/*", query=VariantQuery)
def asset_variant(ctx: Context, asset: Asset, query: Values) -> FileAnswer:
    """One of the smaller images that were made of an image."""
    width, form = query["width"], query["format"]
    name = variant_of(asset, width, form)
    tag = f"{asset.id}-{asset.content_version}-{width}-{form}"
    return _answer(ctx.files, asset, name, tag, query, form)


@public_assets.file_by_link(
    "render",
    media_type="image/*",
    query=RenderQuery,
    raises=[AssetNotReady, RenderingUnsigned, RenderingBusy],
)
def asset_rendering(ctx: Context, asset: Asset, query: Values) -> FileAnswer:
    """An image made of an image, by a preset or as it was signed: `rendering_unsigned` for any
    other. It is made once, and kept.
    """
    return render(ctx.files, asset, query)


@assets.action("render_url", body=RenderBody, answer=RenderedSchema, raises=[AssetNotReady])
def sign_rendering(ctx: Context, asset: Asset, data: Values) -> Shown:
    """Sign the address at which anybody may have an image of these measures. It holds until the
    bytes of the asset are replaced, and longer for what shows the new ones.
    """
    if asset.width is None:
        raise AssetNotReady("Only images can be rendered.")
    return Shown(asset, {"url": Rendering(**data).url(asset)})


def _answer(
    files: Files, asset: Asset, name: str, tag: str, query: Values, form: str | None = None
) -> FileAnswer:
    stored = files.stored(name, tag)
    if stored is None:
        raise NotFound
    content_type = asset.content_type if form is None else MEDIA_TYPES[form]
    return FileAnswer(
        stored,
        content_type,
        asset.filename if form is None else f"{asset.filename}.{form}",
        attached=content_type not in SHOWN,
        lasting=query.get("v") == asset.content_version,
    )

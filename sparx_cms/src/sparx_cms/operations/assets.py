"""Assets: told of, deleted, restored."""

from __future__ import annotations

from sparx_cms.editorial import DRAFT_SCOPE
from sparx_cms.errors.media import AssetInUse
from sparx_cms.events.media import MediaDeleted, MediaUpdated
from sparx_cms.media.usage import entries_using
from sparx_cms.models.assets import Asset
from sparx_cms.schemas.assets import AssetSchema
from sparx_core import Context, Resource, Values


class _Assets(Resource):
    """Files: how many drafts use one is for those who may see drafts."""

    export_scope = DRAFT_SCOPE


assets = _Assets(
    "assets",
    Asset,
    AssetSchema,
    search=("filename", "title"),
    filters=("filename", "contentType", "status", "folderId", "checksum", "createdAt", "updatedAt"),
    sorts=("createdAt", "updatedAt", "filename", "size"),
    scanned=("checksum",),
)


@assets.update(emits=[MediaUpdated], raises=[])
def change_asset(ctx: Context, asset: Asset, data: Values) -> Asset:
    """Change what is told of an asset; absent fields stay. Its bytes are replaced by an upload."""
    if any(getattr(asset, name) != value for name, value in data.items()):
        ctx.update(asset, **data)
        ctx.emit(MediaUpdated(asset))
    return asset


@assets.delete(emits=[MediaDeleted], raises=[AssetInUse])
def delete_asset(ctx: Context, asset: Asset) -> None:
    """Put an asset into the trash, where its address leads nowhere. After 30 days it is deleted
    for good. `asset_in_use` while entries use it.
    """
    count, some = entries_using(ctx, asset.id)
    if count:
        raise AssetInUse(count, some)
    ctx.delete(asset)
    ctx.emit(MediaDeleted(asset))


@assets.restore(emits=[MediaUpdated], raises=[])
def restore_asset(ctx: Context, asset: Asset) -> Asset:
    """Take an asset out of the trash: its address leads to it again."""
    if asset.trashed:
        ctx.restore(asset)
        ctx.emit(MediaUpdated(asset))
    return asset

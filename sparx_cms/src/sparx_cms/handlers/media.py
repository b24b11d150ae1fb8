"""What workers do with media: process images, fetch files, delete what nobody refers to."""

from __future__ import annotations

from sparx_cms.errors.media import FileRefused
from sparx_cms.events.media import MediaProcessed
from sparx_cms.media.fetching import FetchFailed, fetch
from sparx_cms.media.kinds import PICTURES
from sparx_cms.media.places import new_part
from sparx_cms.media.processing import process_picture
from sparx_cms.media.sweeping import delete_orphans, drop_expired, purge_trash
from sparx_cms.media.taking import put_together, take_in
from sparx_cms.models.assets import (
    COMPLETED,
    FAILED,
    FETCHING,
    PROCESSING,
    READY,
    REFUSED,
    Asset,
    Upload,
)
from sparx_core import Context, Occurrence, Values, every, on


@on("media.uploaded")
def process_asset(ctx: Context, event: Occurrence) -> None:
    """Make of a file what there is to make of it. A worker that is killed meanwhile has changed
    nothing: the next one makes everything again, under the same names.
    """
    asset = ctx.find(Asset, event.aggregate_id)
    if asset is None or asset.trashed or asset.status != PROCESSING:
        return
    version = asset.content_version

    def is_wanted() -> bool:
        # Asking also shows the database that the transaction is alive.
        now = ctx.find(Asset, asset.id)
        return now is not None and not now.trashed and now.content_version == version

    if asset.content_type in PICTURES:
        values = process_picture(ctx.files, asset, is_wanted)
    else:
        values = _put_together(ctx, asset)
    if values is None or not is_wanted():
        return
    ctx.update(ctx.get(Asset, asset.id, lock=True), **values)
    ctx.emit(MediaProcessed(ctx.get(Asset, asset.id)))


@on("media.wanted")
def fetch_file(ctx: Context, event: Occurrence) -> None:
    """Fetch a file from where a client said that it is. A failure is told once, and not retried:
    who wants the file still asks again.
    """
    upload = ctx.find(Upload, event.aggregate_id, lock=True)
    if upload is None or upload.state != FETCHING or upload.source_url is None:
        return
    try:
        data = fetch(ctx.outbound, upload.source_url)
        name = new_part(upload.id)
        ctx.files.write(name, [data])
        ctx.update(upload, received=len(data), size=len(data), parts=[name])
        take_in(ctx, upload)
    except (FetchFailed, FileRefused) as error:
        _give_up(ctx, upload, str(error))


@every(hours=6)
def sweep_media(ctx: Context) -> None:
    """Delete uploads that were given up, assets that were in the trash for 30 days and are used
    nowhere, and files that no row refers to.
    """
    drop_expired(ctx)
    purge_trash(ctx)
    delete_orphans(ctx)


def _put_together(ctx: Context, asset: Asset) -> Values | None:
    """A large file, of the parts in which it came."""
    for upload in ctx.match(Upload, "asset", [asset.id]):
        if upload.state == COMPLETED and upload.parts:
            checksum = put_together(ctx.files, asset, upload)
            ctx.update(upload, parts=[])
            return {"checksum": checksum, "status": READY}
    return {"status": FAILED, "problem": "The parts of the file are gone."}


def _give_up(ctx: Context, upload: Upload, problem: str) -> None:
    ctx.update(upload, state=REFUSED, problem=problem, parts=[])
    asset = None if upload.asset is None else ctx.find(Asset, upload.asset, lock=True)
    if asset is not None and not asset.content_version:
        ctx.update(asset, status=FAILED, problem=problem)
        ctx.emit(MediaProcessed(asset))

"""Uploads: reserved, completed, fetched, given up. Their bytes come by `resources/uploads.py`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sparx_cms.errors.media import (
    FileRefused,
    UploadClosed,
    UploadIncomplete,
    UrlNotAllowed,
)
from sparx_cms.events.media import MediaUploaded, MediaWanted
from sparx_cms.media.taking import take_in
from sparx_cms.media.wanting import LIFETIME, want_file
from sparx_cms.models.assets import RECEIVING, Asset, Upload
from sparx_cms.schemas.assets import FetchBody, UploadBody, UploadSchema
from sparx_core import Context, NotFound, Resource, ValidationFailed, Values, operation, rendered

#: What an upload keeps to tell the asset of.
ABOUT = ("title", "alt", "caption")


class _Uploads(Resource):
    """What is on its way concerns those who may send it."""

    counted = False
    read_scope = "write:cms"


uploads = _Uploads(
    "uploads", Upload, UploadSchema, filters=("state", "assetId", "createdAt"), bulk=False
)


@uploads.create(body=UploadBody, raises=[])
def reserve_upload(ctx: Context, data: Values) -> Upload:
    """Reserve an upload, to send its bytes in as many requests as it takes within a day."""
    return reserve(ctx, data)


@uploads.action(
    "complete", emits=[MediaUploaded], raises=[FileRefused, UploadClosed, UploadIncomplete]
)
def complete_upload(ctx: Context, upload: Upload) -> Upload:
    """Make an asset of the bytes that came, which `assetId` is then. `file_refused` if they are of
    no type that is stored, or not what the name says.
    """
    require_open(upload)
    if upload.size is not None and upload.received != upload.size:
        raise UploadIncomplete(int(upload.received), int(upload.size))
    take_in(ctx, upload)
    return upload


@uploads.delete(raises=[])
def give_up_upload(ctx: Context, upload: Upload) -> None:
    """Give an upload up; its bytes are deleted later. Its asset stays, if there is one."""
    ctx.delete(upload)


@operation(
    "POST",
    "/uploads/fetch",
    name="uploads.fetch",
    module="cms",
    scope="write:cms",
    body=FetchBody,
    answer=UploadSchema,
    emits=[MediaWanted],
    raises=[UrlNotAllowed],
)
def fetch_upload(ctx: Context, data: Values) -> dict[str, Any]:
    """Have a worker fetch a file from a URL: https, of a public server, 25 MiB at most. The upload
    tells what became of it.
    """
    url, filename = data.pop("url"), data.pop("filename", None)
    upload = want_file(ctx, url, filename, folder=data.pop("folder", None), about=data)
    return rendered(ctx, uploads, upload)


def reserve(ctx: Context, data: Values) -> Upload:
    """An upload that waits for bytes. ``ValidationFailed`` for an asset that is not there."""
    about = {name: data.pop(name) for name in ABOUT if name in data}
    upload = Upload(**data, about=about, expires_at=datetime.now(UTC) + LIFETIME)
    if upload.asset is not None:
        _check_replaced(ctx, upload)
    return ctx.insert(upload)


def open_upload(ctx: Context, upload_id: Any) -> Upload:
    """An upload that takes bytes, locked. Raises ``NotFound`` or ``UploadClosed``."""
    upload = ctx.find(Upload, upload_id, lock=True)
    if upload is None:
        raise NotFound
    require_open(upload)
    return upload


def require_open(upload: Upload) -> None:
    """``UploadClosed`` unless it still takes bytes."""
    if upload.state != RECEIVING or upload.expires_at < datetime.now(UTC):
        raise UploadClosed


def _check_replaced(ctx: Context, upload: Upload) -> None:
    asset = ctx.find(Asset, upload.asset)
    if asset is None or asset.trashed:
        raise ValidationFailed([("assetId", "There is no such asset.")])

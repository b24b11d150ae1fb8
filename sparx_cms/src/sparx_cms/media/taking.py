"""Bytes that have come become an asset: looked at, stored, and told of."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from sparx_cms.events.media import MediaUploaded
from sparx_cms.media.examining import MAX_IMAGE_BYTES, Examined, examine
from sparx_cms.media.kinds import HEAD_BYTES
from sparx_cms.media.places import original_of, parts_of
from sparx_cms.models.assets import COMPLETED, PROCESSING, READY, Asset, Upload
from sparx_cms.public_assets import public_assets
from sparx_core import Context, Files, Values, issue_link, uuid7


def new_asset(ctx: Context, filename: str, **values: Any) -> Asset:
    """An asset that has no bytes yet, and the link at which they will be. It is not inserted."""
    asset = Asset(id=uuid7(), filename=filename, size=0, content_version=0, **values)
    asset.content_type = values.get("content_type", "application/octet-stream")
    asset.signing_key = secrets.token_hex(32)
    asset.token = issue_link(ctx, public_assets, asset).token
    return asset


def take_in(ctx: Context, upload: Upload) -> Asset:
    """The asset of an upload whose bytes are all there: a new one, or the one whose bytes they
    replace. ``FileRefused`` for what is none; then nothing was changed.

    What is large is put together by a worker, as it would take longer than a request may.
    """
    files, length = ctx.files, int(upload.received)
    at_once = length <= MAX_IMAGE_BYTES
    head = b"".join(parts_of(files, upload) if at_once else _head(files, upload))
    found = examine(upload.filename, head, length)
    asset = _asset_of(ctx, upload)
    version = int(asset.content_version) + 1
    values = _told(upload, found, length)
    if at_once:
        data = head if found.data is None else found.data
        values |= {"size": len(data), "checksum": sha256(data).hexdigest()}
        files.write(original_of(asset.id, version), [data])
    is_done = at_once and not found.is_picture
    values |= {"content_version": version, "status": READY if is_done else PROCESSING}
    if upload.asset is None:
        _set(asset, values)
        ctx.insert(asset)
    else:
        ctx.update(asset, **values)
    ctx.update(upload, state=COMPLETED, asset=asset.id, parts=[] if at_once else upload.parts)
    ctx.emit(MediaUploaded(asset))
    return asset


def put_together(files: Files, asset: Asset, upload: Upload) -> str:
    """Make one file of the parts of a large upload; the SHA-256 of it."""
    digest = sha256()

    def noted(pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            digest.update(piece)
            yield piece

    files.write(original_of(asset.id, int(asset.content_version)), noted(parts_of(files, upload)))
    return digest.hexdigest()


def _head(files: Files, upload: Upload) -> Iterator[bytes]:
    yield from files.read(upload.parts[0], 0, HEAD_BYTES)


def _asset_of(ctx: Context, upload: Upload) -> Asset:
    if upload.asset is not None:
        return ctx.get(Asset, upload.asset, lock=True)
    return new_asset(ctx, upload.filename, folder=upload.folder, **upload.about)


def _told(upload: Upload, found: Examined, length: int) -> Values:
    size = found.size
    return {
        "filename": upload.filename,
        "content_type": found.content_type,
        "size": length,
        "checksum": None,
        "width": size.width if size else None,
        "height": size.height if size else None,
        "frames": size.frames if size else None,
        "dominant_color": None,
        "variants": [],
        "problem": None,
    }


def _set(asset: Asset, values: Values) -> None:
    for name, value in values.items():
        setattr(asset, name, value)

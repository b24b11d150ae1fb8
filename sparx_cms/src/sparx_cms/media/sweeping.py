"""Deleting what nobody needs any more. Rows go first: files are deleted that no row refers to, so
that whatever is interrupted, and wherever, is made good the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sparx_cms.media.places import ASSETS, UPLOADS
from sparx_cms.media.usage import is_linked
from sparx_cms.models.assets import Asset, Upload
from sparx_core import Context, Listed, parse_uuid

#: How long an asset is in the trash.
KEPT = timedelta(days=30)
#: How long a file may be there before the row that refers to it.
GRACE = timedelta(days=1)
#: Rows that one run deletes, and rows that are looked for at once.
_MANY, _AT_ONCE = 500, 200


def drop_expired(ctx: Context) -> None:
    """Uploads whose time is over, completed ones included."""
    expired = Upload.select().where(Upload.expires_at < datetime.now(UTC)).limit(_MANY)
    for upload in ctx.all(expired):
        if not _is_needed(ctx, upload):
            ctx.delete(upload)


def purge_trash(ctx: Context) -> None:
    """Assets that were in the trash long enough. What an entry still refers to stays."""
    before = datetime.now(UTC) - KEPT
    old = Asset.select().where(Asset.trashed & (Asset.deleted_at < before)).limit(_MANY)
    for asset in ctx.all(old):
        if not is_linked(ctx, asset.id):
            ctx.purge(asset)


def delete_orphans(ctx: Context) -> None:
    """Files of assets, versions and uploads that are no more."""
    files, before = ctx.files, datetime.now(UTC) - GRACE
    ctx.flush()
    for folder, model in ((ASSETS, Asset), (UPLOADS, Upload)):
        old = (one for one in files.list(folder) if one.written_at < before)
        while some := list(islice(old, _AT_ONCE)):
            files.delete(_orphans(ctx, model, some))


def _orphans(ctx: Context, model: Any, stored: Iterable[Listed]) -> Iterator[str]:
    owners = {one.name: _owner(one.name) for one in stored}
    found = {row.id: row for row in ctx.match(model, "id", [one for one in owners.values() if one])}
    for name, owner in owners.items():
        row = found.get(owner) if owner else None
        if row is None or _is_left(row, name):
            yield name


def _is_left(row: Any, name: str) -> bool:
    """Whether a file of something that is there is of no use any more."""
    if isinstance(row, Upload):
        return name not in row.parts
    version = name.split("/")[3]
    return version.isdecimal() and int(version) < row.content_version


def _owner(name: str) -> UUID | None:
    """The row that a file belongs to: ``cms/assets/<id>/...``."""
    return parse_uuid(name.split("/")[2])


def _is_needed(ctx: Context, upload: Upload) -> bool:
    """Whether a worker has yet to put a file together of its parts."""
    if not upload.parts or upload.asset is None:
        return False
    asset = ctx.find(Asset, upload.asset)
    return asset is not None and asset.checksum is None and asset.status == "processing"

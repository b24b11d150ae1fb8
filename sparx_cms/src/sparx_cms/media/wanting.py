"""Files that are somewhere else, and wanted here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sparx_cms.errors.media import UrlNotAllowed
from sparx_cms.events.media import MediaWanted
from sparx_cms.media.fetching import name_in
from sparx_cms.media.taking import new_asset
from sparx_cms.models.assets import FAILED, FETCHING, PROCESSING, Asset, Upload
from sparx_core import Context, OutboundError

#: How long an upload may take.
LIFETIME = timedelta(days=1)


def want_file(
    ctx: Context, url: str, filename: str | None = None, asset: UUID | None = None, **values: Any
) -> Upload:
    """Have a worker fetch a file, to become an asset. Raises ``UrlNotAllowed`` for URLs that are
    never asked; whether a name leads to a public address is known when the file is fetched.
    """
    try:
        checked = ctx.check_url(url)
    except OutboundError as error:
        raise UrlNotAllowed(error.message, details={"reason": error.kind}) from None
    upload = ctx.insert(
        Upload(
            filename=filename or name_in(checked) or "file",
            state=FETCHING,
            source_url=checked,
            asset=asset,
            expires_at=datetime.now(UTC) + LIFETIME,
            **values,
        )
    )
    ctx.emit(MediaWanted(upload))
    return upload


def want_asset(ctx: Context, url: str, filename: str, **values: Any) -> Asset:
    """An asset that is there at once, and has its bytes when a worker has fetched them. ``values``
    are those of an ``Asset``: ``external_id``, ``title``, ``alt``, ``caption``, ``folder``.
    """
    asset = ctx.insert(new_asset(ctx, filename, **values))
    want_file(ctx, url, filename, asset.id)
    return asset


def want_again(ctx: Context, asset_id: UUID, url: str, filename: str) -> bool:
    """Fetch the file of an asset anew that has none because it could not be fetched; whether it is
    such a one.
    """
    asset = ctx.get(Asset, asset_id, lock=True)
    if asset.status != FAILED or asset.content_version:
        return False
    ctx.update(asset, status=PROCESSING, problem=None)
    want_file(ctx, url, filename, asset.id)
    return True

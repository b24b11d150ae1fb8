"""Which entries use which assets, and which assets they may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from peewee import SQL, fn

from sparx_cms.media.kinds import PICTURES
from sparx_cms.models.assets import FAILED, PROCESSING, Asset, AssetLink
from sparx_cms.models.entries import Entry
from sparx_core import Context

#: Entries that are named to who deletes what they use.
_SHOWN = 10


class Used(Protocol):
    """That an asset stands in a field, in a language, at a place of a list."""

    @property
    def field(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def target(self) -> UUID: ...


def note_assets(ctx: Context, entry_id: UUID, stage: str, assets: Iterable[Used]) -> None:
    """Note the assets that a stage of an entry uses now, in place of those that it did. Those that
    are gone for good are left out: a document may still name them.
    """
    wanted = {(one.field, one.locale, one.position, one.target) for one in assets}
    of_stage = (AssetLink.entry == entry_id) & (AssetLink.stage == stage)
    noted = {
        (one.field, one.locale, one.position, one.asset): one
        for one in ctx.all(AssetLink.select().where(of_stage))
    }
    for key in noted.keys() - wanted:
        ctx.delete(noted[key])
    added = sorted(wanted - noted.keys(), key=str)
    present = _known(ctx, {asset for *_, asset in added})
    for field, locale, position, asset in added:
        if asset in present:
            place = {"field": field, "locale": locale, "position": position}
            ctx.insert(AssetLink(entry=entry_id, stage=stage, asset=asset, **place))


def unusable_assets(ctx: Context, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The assets that cannot be published, and why: they are ``missing``, ``deleted``, ``failed``,
    or ``awaited``, because their file is not here yet. A picture that is still being processed can:
    what was uploaded is served already.
    """
    wanted = set(ids)
    found = _known(ctx, wanted)
    refused = dict.fromkeys(wanted - found.keys(), "missing")
    for one, asset in found.items():
        if asset.trashed:
            refused[one] = "deleted"
        elif asset.status == FAILED:
            refused[one] = "failed"
        elif _is_awaited(asset):
            refused[one] = "awaited"
    return refused


def _is_awaited(asset: Asset) -> bool:
    """Whether its file is still to be fetched, or to be put together of the parts in which it came.
    Of a picture that is processed only others are made.
    """
    put_together = asset.status == PROCESSING and asset.content_type not in PICTURES
    return not asset.content_version or put_together


def entries_using(ctx: Context, asset: UUID) -> tuple[int, list[str]]:
    """How many entries use an asset, in a draft or live, and some of them. Those that are in the
    trash do not count.
    """
    used = _entries_of(asset)
    count = ctx.first(used.select(fn.count(AssetLink.entry.distinct()).alias("number")))
    some: list[Any] = ctx.all(used.select(AssetLink.entry).distinct().limit(_SHOWN))
    return int(count.number), [str(one.entry) for one in some]


def is_linked(ctx: Context, asset: UUID) -> bool:
    """Whether any entry refers to it, one in the trash as well."""
    return bool(ctx.match(AssetLink, "asset", [asset]))


def _known(ctx: Context, ids: set[UUID]) -> dict[UUID, Asset]:
    """The assets that there are, those in the trash as well."""
    if not ids:
        return {}
    found: list[Asset] = ctx.all(Asset.select().where(Asset.id.in_(ids)))
    return {one.id: one for one in found}


def _entries_of(asset: UUID) -> Any:
    return (
        AssetLink.select(SQL("1"))
        .join(Entry, on=(Entry.id == AssetLink.entry))
        .where((AssetLink.asset == asset) & ~Entry.trashed)
    )

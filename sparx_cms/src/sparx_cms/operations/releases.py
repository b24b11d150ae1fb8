"""Releases: made, filled, changed, archived and deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from peewee import SQL, Function

from sparx_cms.editorial import PUBLISH_SCOPE, Editorial
from sparx_cms.errors.releases import AlreadyInRelease, ReleaseClosed, ReleaseFull
from sparx_cms.events.releases import (
    ReleaseArchived,
    ReleaseCreated,
    ReleaseDeleted,
    ReleaseUpdated,
)
from sparx_cms.models.entries import Entry
from sparx_cms.models.releases import CHANGEABLE, RELEASE_MACHINE, Release, ReleaseItem
from sparx_cms.models.schedules import PUBLISH
from sparx_cms.operations.publishing import revision_of
from sparx_cms.schemas.releases import ReleaseItemSchema, ReleaseSchema
from sparx_cms.types import check_locales
from sparx_core import Context, NotFound, ValidationFailed, Values

#: Entries of one release: they are published in one transaction.
MAX_ITEMS = 200

releases = Editorial(
    "releases",
    Release,
    ReleaseSchema,
    filters=("status", "at", "createdAt"),
    sorts=("at", "createdAt"),
    bulk=False,
    machine=RELEASE_MACHINE,
)


class _Inside(Editorial):
    """What is in releases; it is written with them."""

    place = "releases/items"


release_items = _Inside(
    "release_items",
    ReleaseItem,
    ReleaseItemSchema,
    filters=("releaseId", "entryId"),
    sorts=("createdAt",),
    bulk=False,
)


@releases.create(emits=[ReleaseCreated], raises=[])
def create_release(ctx: Context, data: Values) -> Release:
    """Make a release, with nothing in it yet."""
    release = ctx.insert(Release(**data, created_by=str(ctx.actor)))
    ctx.emit(ReleaseCreated(release))
    return release


@releases.update(emits=[ReleaseUpdated], raises=[])
def change_release(ctx: Context, release: Release, data: Values) -> Release:
    """Rename or describe a release."""
    if any(getattr(release, name) != value for name, value in data.items()):
        ctx.update(release, **data)
        ctx.emit(ReleaseUpdated(release))
    return release


@releases.transition("archive", emits=[ReleaseArchived])
def archive_release(ctx: Context, release: Release) -> Release:
    """Put a release away that was published, or will not be."""
    ctx.update(release, status=RELEASE_MACHINE.target("archive"))
    ctx.emit(ReleaseArchived(release))
    return release


@releases.delete(emits=[ReleaseDeleted], raises=[ReleaseClosed])
def delete_release(ctx: Context, release: Release) -> None:
    """Delete a release that was never published; its entries stay. One that was is archived."""
    check_open(release)
    ctx.delete(release)
    ctx.emit(ReleaseDeleted(release))


# -- what is inside ------------------------------------------------------------------------------


@release_items.create(
    emits=[ReleaseUpdated],
    raises=[AlreadyInRelease, ReleaseClosed, ReleaseFull, ValidationFailed],
)
def add_item(ctx: Context, data: Values) -> ReleaseItem:
    """Put an entry into a release that is a draft or has failed."""
    release = ctx.find(Release, data["release"], lock=True)
    entry = ctx.find(Entry, data["entry"])
    _check_there(release=release, entry=None if entry is None or entry.trashed else entry)
    assert release is not None
    assert entry is not None
    check_open(release)
    inside = ReleaseItem.select(Function("count", (SQL("*"),)))
    if ctx.first(inside.where(ReleaseItem.release == release.id).tuples())[0] >= MAX_ITEMS:
        raise ReleaseFull(details={"maximum": MAX_ITEMS})
    _check_locales(ctx, data)
    item = ReleaseItem(**data)
    item.action = data.get("action", PUBLISH)
    for name, value in _pinned(ctx, entry, item.action, data.get("revision")).items():
        setattr(item, name, value)
    ctx.insert(item)
    ctx.emit(ReleaseUpdated(release))
    return item


@release_items.update(emits=[ReleaseUpdated], raises=[ReleaseClosed, ValidationFailed])
def change_item(ctx: Context, item: ReleaseItem, data: Values) -> ReleaseItem:
    """Change what a release does with an entry. It stays in its release, and is of its entry."""
    moved = [
        (f"{name}Id", "Cannot be changed: take it out, and put another in.")
        for name in ("release", "entry")
        if name in data and data[name] != getattr(item, name)
    ]
    if moved:
        raise ValidationFailed(moved)
    release = ctx.get(Release, item.release, lock=True)
    check_open(release)
    _check_locales(ctx, data)
    values: Values = {name: data[name] for name in ("action", "locales") if name in data}
    if "action" in data or "revision" in data:
        action = str(data.get("action", item.action))
        kept = item.revision if action == PUBLISH else None
        wanted = data.get("revision", kept)
        values |= _pinned(ctx, ctx.get(Entry, item.entry), action, wanted)
    if any(getattr(item, name) != value for name, value in values.items()):
        ctx.update(item, **values)
        ctx.emit(ReleaseUpdated(release))
    return item


@release_items.delete(emits=[ReleaseUpdated], raises=[ReleaseClosed])
def remove_item(ctx: Context, item: ReleaseItem) -> None:
    """Take an entry out of a release."""
    release = ctx.get(Release, item.release, lock=True)
    check_open(release)
    ctx.delete(item)
    ctx.emit(ReleaseUpdated(release))


for _verb in ("create", "update", "delete"):
    releases.demand(_verb, scope=PUBLISH_SCOPE)
    release_items.demand(_verb, scope=PUBLISH_SCOPE)
releases.demand("archive", scope=PUBLISH_SCOPE)


def check_open(release: Release) -> None:
    """Refuse to change a release that is scheduled, published or archived."""
    if release.status not in CHANGEABLE:
        raise ReleaseClosed(details={"status": release.status})


def _check_there(**rows: Any) -> None:
    missing = [(f"{name}Id", "There is no such row.") for name, row in rows.items() if row is None]
    if missing:
        raise ValidationFailed(missing)


def _check_locales(ctx: Context, data: Values) -> None:
    wanted = data.get("locales") or []
    check_locales(ctx, {f"locales[{place}]": code for place, code in enumerate(wanted)})


def _pinned(ctx: Context, entry: Entry, action: str, wanted: UUID | None) -> Values:
    """The revision that goes live; what goes offline has none."""
    if action != PUBLISH:
        if wanted is not None:
            raise ValidationFailed([("revisionId", "Only what is published has one.")])
        return {"revision": None, "revision_number": None}
    try:
        revision = revision_of(ctx, entry, wanted)
    except NotFound:
        told = "There is no such revision of this entry."
        raise ValidationFailed([("revisionId", told)]) from None
    return {"revision": revision.id, "revision_number": revision.number}

"""Publishing a release: now, or at its time; all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sparx_cms.editorial import PUBLISH_SCOPE
from sparx_cms.errors.releases import ReleaseBlocked, ReleaseEmpty
from sparx_cms.events.releases import (
    ReleaseFailed,
    ReleasePublished,
    ReleaseScheduled,
    ReleaseUnscheduled,
)
from sparx_cms.models.entries import Entry, Revision
from sparx_cms.models.releases import FAILED, RELEASE_MACHINE, SCHEDULED, Release, ReleaseItem
from sparx_cms.models.schedules import PUBLISH
from sparx_cms.operations.publishing import (
    Publication,
    languages_of_revision,
    publish_all,
    refusals,
    unpublish,
)
from sparx_cms.operations.releases import releases
from sparx_cms.operations.schedules import check_time
from sparx_cms.reviewing.approval import unapproved
from sparx_cms.scheduling.asking import as_asker, told_failure
from sparx_cms.schemas.releases import ReleaseCheckSchema, ReleaseTimeSchema
from sparx_core import ApiError, Context, NotFound, Shown, Values, attempt, rehearse, scheduled


@releases.action("validate", answer=ReleaseCheckSchema, raises=[])
def validate_release(ctx: Context, release: Release) -> Shown:
    """Try to publish a release, with nothing of it done: whether it could be, and `blocked`, the
    parts of it that could not, each with its `error`.
    """
    blocked: list[Values] = []
    try:
        rehearse(ctx, lambda: _carry_out(ctx, release.id))
    except ReleaseBlocked as refused:
        blocked = refused.details
    except ApiError as error:
        if error.status >= 500:
            raise
        blocked = [{"itemId": None, "entryId": None, "error": told_failure(error)}]
    return Shown(release, {"ready": not blocked, "blocked": blocked})


@releases.transition("publish", emits=[ReleasePublished], raises=[ReleaseBlocked, ReleaseEmpty])
def publish_release(ctx: Context, release: Release) -> Release:
    """Carry out all that is in a release, in one transaction. If a part of it cannot be, nothing
    is: `release_blocked` lists those parts. Its entries may refer to one another, and give one
    another their slugs.
    """
    _carry_out(ctx, release.id)
    _published(ctx, release)
    return release


@releases.transition("schedule", body=ReleaseTimeSchema, emits=[ReleaseScheduled],
                     raises=[ReleaseEmpty])  # fmt: skip
def schedule_release(ctx: Context, release: Release, data: Values) -> Release:
    """Have a release published at a time; one that is scheduled is moved there. It is not changed
    until then, and the key is asked again at that time. If it cannot be published then it has
    `failed`, nothing of it is live, and it can be mended and tried again.
    """
    check_time(data["at"])
    if not ctx.match(ReleaseItem, "release", [release.id]):
        raise ReleaseEmpty
    ctx.update(release, status=SCHEDULED, at=data["at"], key=ctx.actor.id, failure=None)
    ctx.emit(ReleaseScheduled(release))
    ctx.schedule(run_release, release, at=data["at"])
    return release


@releases.transition("unschedule", emits=[ReleaseUnscheduled])
def unschedule_release(ctx: Context, release: Release) -> Release:
    """Take the time of a release back: it is a draft again."""
    ctx.update(release, status=RELEASE_MACHINE.target("unschedule"), at=None)
    ctx.unschedule(run_release, release)
    ctx.emit(ReleaseUnscheduled(release))
    return release


for _verb in ("validate", "publish", "schedule", "unschedule"):
    releases.demand(_verb, scope=PUBLISH_SCOPE)


@scheduled
def run_release(ctx: Context, release_id: UUID) -> None:
    """Publish a release whose time has come, or say why not. A worker that dies in the middle has
    published nothing, and another begins anew.
    """
    release = ctx.find(Release, release_id, lock=True)
    if release is None or release.status != SCHEDULED or release.at is None:
        return
    if release.at > datetime.now(UTC):  # the clock here is behind that of the database
        ctx.schedule(run_release, release, at=release.at)
        return

    def do() -> None:
        with as_asker(ctx, release.key, PUBLISH_SCOPE):
            _carry_out(ctx, release_id)
            _published(ctx, ctx.get(Release, release_id, lock=True))
            ctx.finish()

    try:
        attempt(ctx, do)
    except ApiError as error:
        if error.status >= 500:
            raise
        ctx.update(release, status=FAILED, failure=told_failure(error))
        ctx.emit(ReleaseFailed(release))


def _carry_out(ctx: Context, release_id: UUID) -> None:
    """Do all that is in a release. ``ReleaseBlocked`` names the parts that cannot be done."""
    items = ctx.lock(ReleaseItem, "release", [release_id])
    if not items:
        raise ReleaseEmpty
    found = {one.id: one for one in ctx.lock(Entry, "id", [item.entry for item in items])}
    by_entry = {item.entry: item for item in items}
    # First what goes offline: it may leave its slug to what goes live.
    for item in items:
        if item.action != PUBLISH and not found[item.entry].trashed:
            unpublish(ctx, found[item.entry], item.locales)
    wanted = dict(_publications(ctx, items, found))
    refused = {
        **unapproved(ctx, list(wanted.values())),
        **refusals(ctx, list(wanted.values())),
        **{
            item.entry: NotFound("The revision is not there any more.")
            for item in items
            if item.action == PUBLISH and item.entry not in wanted
        },
    }
    if refused:
        raise ReleaseBlocked(details=[_told(by_entry[one], why) for one, why in refused.items()])
    publish_all(ctx, list(wanted.values()))


def _publications(
    ctx: Context, items: list[ReleaseItem], found: dict[UUID, Entry]
) -> Iterator[tuple[UUID, Publication]]:
    pinned = [item.revision for item in items if item.revision is not None]
    revisions = {one.id: one for one in ctx.match(Revision, "id", pinned)}
    for item in items:
        entry, revision = found[item.entry], revisions.get(item.revision)
        if item.action == PUBLISH and revision is not None:
            known = item.locales or languages_of_revision(ctx, entry, revision)
            yield item.entry, Publication(entry, revision, tuple(known))


def _told(item: ReleaseItem, error: ApiError) -> dict[str, Any]:
    return {
        "itemId": str(item.id),
        "entryId": str(item.entry),
        "error": told_failure(error),
    }


def _published(ctx: Context, release: Release) -> None:
    # What is over keeps no revision from being pruned.
    for item in ctx.match(ReleaseItem, "release", [release.id]):
        ctx.update(item, revision=None)
    now = datetime.now(UTC)
    ctx.update(release, status=RELEASE_MACHINE.target("publish"), published_at=now, failure=None)
    ctx.unschedule(run_release, release)
    ctx.emit(ReleasePublished(release))

"""Placing what people did with entries: releases, schedules and comments.

They have no names, and so get ids by those that they had. What waits for a time that is still to
come waits for it here, as who imports it; what is over is told as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sparx_cms.events.comments import CommentCreated
from sparx_cms.events.releases import ReleaseCreated
from sparx_cms.events.schedules import EntryScheduled
from sparx_cms.importing.kept import kept_id
from sparx_cms.importing.shaping import CREATED, UNCHANGED
from sparx_cms.models.entries import Entry, Revision
from sparx_cms.models.releases import OPEN, Release, ReleaseItem
from sparx_cms.models.releases import SCHEDULED as RELEASE_SCHEDULED
from sparx_cms.models.schedules import CANCELLED, PUBLISH, SCHEDULED, Schedule
from sparx_cms.models.working import Comment
from sparx_cms.operations.drafts import refuse_archived
from sparx_cms.operations.publishing import newest
from sparx_cms.operations.release_runs import schedule_release
from sparx_cms.operations.schedule_runs import plan_runs
from sparx_cms.operations.schedules import check_time
from sparx_cms.schemas.imported import (
    CommentLineSchema,
    ReleaseItemLineSchema,
    ReleaseLineSchema,
    ScheduleLineSchema,
)
from sparx_cms.types import locales
from sparx_core import Context, TenantModel, ValidationFailed, Values, load, parse_uuid

Item = Mapping[str, Any]
_MAX_ITEMS = 200


def is_there(ctx: Context, model: type[TenantModel], original: str) -> bool:
    """Whether a row was imported already, or is the very one that was exported."""
    own = parse_uuid(original)
    ids = [kept_id(ctx, original), *([own] if own is not None else [])]
    return bool(ctx.match(model, "id", ids))


def place_release(ctx: Context, item: Item, entries: Mapping[Any, Entry]) -> str:
    """Make a release with those of its entries that are here, by what points to them."""
    if is_there(ctx, Release, item["id"]):
        return UNCHANGED
    data = load(ReleaseLineSchema(), _only(item, "title", "description", "status", "failure"))
    again = data["status"] == RELEASE_SCHEDULED
    release = Release(
        id=kept_id(ctx, item["id"]),
        **{**data, "status": OPEN if again else data["status"]},
        at=None if again else item["at"],
        published_at=item["publishedAt"],
        created_by=str(ctx.actor),
        **_created(item),
    )
    ctx.insert(release)
    ctx.emit(ReleaseCreated(release))
    items = [one for one in item["items"][:_MAX_ITEMS] if one["entry"] in entries]
    for one in items:
        _place_item(ctx, release, one, entries[one["entry"]])
    if again and items and item["at"] is not None and item["at"] > datetime.now(UTC):
        ctx.flush()
        schedule_release(ctx, release, {"at": item["at"]})
    return CREATED


def _place_item(ctx: Context, release: Release, item: Item, entry: Entry) -> None:
    data = load(ReleaseItemLineSchema(), _only(item, "action", "revisionNumber", "locales"))
    revision = _revision(ctx, entry, data)
    ctx.insert(
        ReleaseItem(
            release=release.id,
            entry=entry.id,
            action=data["action"],
            revision=None if revision is None else revision.id,
            revision_number=None if revision is None else revision.number,
            locales=data.get("locales") or None,
        )
    )


def place_schedule(ctx: Context, item: Item, entry: Entry | None) -> str:
    """Make a schedule; none for an entry that is not here."""
    if entry is None or is_there(ctx, Schedule, item["id"]):
        return UNCHANGED
    names = ("action", "locale", "revisionNumber", "status", "failure")
    data = load(ScheduleLineSchema(), _only(item, *names))
    if item["at"] is None:
        raise ValidationFailed([("at", "Is missing.")])
    waits = data["status"] == SCHEDULED
    if waits and _is_planned(ctx, entry, data):
        return UNCHANGED
    revision = _revision(ctx, entry, data) if waits else None
    due = waits and item["at"] <= datetime.now(UTC)
    if due:  # it was done where it is from, or called off
        data |= {"status": CANCELLED}
    schedule = Schedule(
        id=kept_id(ctx, item["id"]),
        entry=entry.id,
        **data,
        at=item["at"],
        finished_at=item["at"] if due else item["finishedAt"],
        created_by=str(ctx.actor),
        **_created(item),
    )
    if waits and not due:
        refuse_archived(entry)
        locales(ctx).chain(schedule.locale)
        check_time(item["at"])
        _plan(schedule, revision, ctx.actor.id)
    ctx.insert(schedule)
    if schedule.pending:
        ctx.emit(EntryScheduled(schedule))
        plan_runs(ctx, entry)
    return CREATED


def _plan(schedule: Schedule, revision: Revision | None, key: UUID | None) -> None:
    schedule.pending, schedule.key, schedule.finished_at = True, key, None
    schedule.revision = None if revision is None else revision.id
    schedule.revision_number = None if revision is None else revision.number


def _is_planned(ctx: Context, entry: Entry, data: Values) -> bool:
    return any(
        one.pending and (one.action, one.locale) == (data["action"], data["locale"])
        for one in ctx.match(Schedule, "entry", [entry.id])
    )


def place_comment(ctx: Context, item: Item, entry: Entry | None) -> str:
    """Say again what somebody said; it is who imports it who can rewrite it."""
    if entry is None or is_there(ctx, Comment, item["id"]):
        return UNCHANGED
    data = load(CommentLineSchema(), _only(item, "field", "locale", "body", "authorName"))
    parent = None if item["parent"] is None else _parent(ctx, item["parent"], entry)
    resolved = item["resolvedAt"]
    comment = Comment(
        id=kept_id(ctx, item["id"]),
        entry=entry.id,
        parent=parent,
        **data,
        author=str(ctx.actor),
        resolved_at=resolved,
        resolved_by=None if resolved is None else str(ctx.actor),
        **_created(item),
    )
    ctx.insert(comment)
    ctx.emit(CommentCreated(comment))
    return CREATED


def _parent(ctx: Context, original: str, entry: Entry) -> UUID:
    found = ctx.find(Comment, kept_id(ctx, original))
    if found is None or found.entry != entry.id or found.parent is not None:
        raise ValidationFailed([("parent", "There is no such comment on this entry.")])
    return UUID(str(found.id))


def _revision(ctx: Context, entry: Entry, data: Values) -> Revision | None:
    """The revision that was meant, if it was imported; or else the newest."""
    if data["action"] != PUBLISH:
        return None
    found: Revision | None = ctx.first(
        Revision.select().where(
            Revision.entry == entry.id, Revision.number == (data.get("revision_number") or 0)
        )
    )
    return found or newest(ctx, entry)


def _only(item: Item, *names: str) -> dict[str, Any]:
    return {name: item.get(name) for name in names}


def _created(item: Item) -> dict[str, Any]:
    return {} if item["createdAt"] is None else {"created_at": item["createdAt"]}

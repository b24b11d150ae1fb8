"""Who has an entry open. Advisory: nobody is kept from anything, versions see to that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sparx_cms.editorial import DRAFT_SCOPE
from sparx_cms.models.entries import Entry
from sparx_cms.models.working import VIEWING, Presence
from sparx_cms.operations.finding import row_named
from sparx_cms.schemas.working import HereSchema, PresenceSchema
from sparx_core import Context, NotFound, Values, every, operation

#: Who was not heard of for so many seconds is gone.
GONE_AFTER = 60
_PATH = "/entries/{id}/presence"


@operation(
    "GET",
    _PATH,
    name="who_is_there",
    module="cms",
    scope=DRAFT_SCOPE,
    answer=PresenceSchema(many=True),
    raises=[NotFound],
)
def who_is_there(ctx: Context, id: str) -> list[Values]:
    """Who has an entry open: those who said so within the last minute, and what they do."""
    return _present(ctx, row_named(ctx, Entry, id))


@operation(
    "POST",
    _PATH,
    name="be_there",
    module="cms",
    scope=DRAFT_SCOPE,
    body=HereSchema,
    answer=PresenceSchema(many=True),
    raises=[NotFound],
)
def be_there(ctx: Context, id: str, data: Values | None = None) -> list[Values]:
    """Say that one has an entry open; again every half a minute for as long as it is. The answer
    is who else has.
    """
    entry = row_named(ctx, Entry, id)
    said = data or {}
    row = {
        "actor_name": ctx.actor.name,
        "activity": said.get("activity", VIEWING),
        "field": said.get("field"),
        "seen_at": datetime.now(UTC),
    }
    there = Presence.insert(entry=entry.id, actor=str(ctx.actor), **row)
    target = [Presence.tenant_id, Presence.entry, Presence.actor]
    ctx.run(there.on_conflict(conflict_target=target, update=row))
    return _present(ctx, entry)


@operation(
    "DELETE", _PATH, name="leave", module="cms", scope=DRAFT_SCOPE,
    answer=PresenceSchema(many=True), raises=[NotFound],
)  # fmt: skip
def leave(ctx: Context, id: str) -> list[Values]:
    """Say that one has closed an entry. The answer is who still has it open."""
    entry = row_named(ctx, Entry, id)
    mine = (Presence.entry == entry.id) & (Presence.actor == str(ctx.actor))
    ctx.run(Presence.delete().where(mine))
    return _present(ctx, entry)


@every(hours=1)
def forget_presences(ctx: Context) -> None:
    """Remove the rows of those who went without a word."""
    ctx.run(Presence.delete().where(Presence.seen_at < _since()))


def _present(ctx: Context, entry: Entry) -> list[Values]:
    query = Presence.select().where(Presence.entry == entry.id, Presence.seen_at >= _since())
    return [
        {
            "actor": one.actor,
            "name": one.actor_name,
            "activity": one.activity,
            "field": one.field,
            "seenAt": one.seen_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for one in ctx.all(query.order_by(Presence.seen_at.desc(), Presence.id))
    ]


def _since() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=GONE_AFTER)

"""Old revisions are removed: all but the newest hundred of an entry, and those that are in use."""

from __future__ import annotations

from peewee import JOIN, Model

from sparx_cms.models.entries import Entry, EntryLocale, Revision
from sparx_cms.models.releases import ReleaseItem
from sparx_cms.models.reviews import Review
from sparx_cms.models.schedules import Schedule
from sparx_cms.models.working import Preview
from sparx_core import Context

#: Revisions that are kept of an entry; and how many are removed at a time.
KEPT, AT_ONCE = 100, 10_000
#: What refers to a revision that must stay: models, and their fields.
PINS: list[tuple[type[Model], str]] = [
    (EntryLocale, "live_revision"),
    (Schedule, "revision"),
    (ReleaseItem, "revision"),
    (Review, "revision"),
    (Preview, "revision"),
]


def prune_revisions(ctx: Context) -> int:
    """Remove old revisions; how many. What is live or scheduled stays, however old it is."""
    condition = Revision.number <= Entry.revision_number - KEPT
    for model, field in PINS:
        pinned = model.select(getattr(model, field)).where(getattr(model, field) == Revision.id)
        condition &= Revision.id.not_in(pinned)
    old = (
        Revision.select(Revision.id)
        .join(Entry, JOIN.INNER, on=(Entry.id == Revision.entry))
        .where(condition)
        .limit(AT_ONCE)
    )
    return int(ctx.run(Revision.delete().where(Revision.id.in_(old))))

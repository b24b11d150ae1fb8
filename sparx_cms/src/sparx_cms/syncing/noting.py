"""That readers see something else of an entry is noted, in the transaction that changes it."""

from __future__ import annotations

from datetime import UTC, datetime

from sparx_cms.models.entries import Entry
from sparx_cms.models.sync import Change
from sparx_core import Context


def note_change(ctx: Context, entry: Entry) -> None:
    """Have readers that keep up look at an entry again, which the caller has locked."""
    known = ctx.match(Change, "entry", [entry.id])
    if known:
        ctx.update(known[0], changed_at=datetime.now(UTC))
    else:
        ctx.insert(Change(entry=entry.id, content_type=entry.content_type))

"""What is searched follows the types of entries."""

from __future__ import annotations

from sparx_cms.operations.search import reindexing
from sparx_core import Context, Job, Occurrence, on, start_job


@on("content.type.updated")
def reindex_entries(ctx: Context, event: Occurrence) -> None:
    """Take up a type's entries again: a field may be hidden now, or pages be elsewhere."""
    started = ctx.match(Job, "kind", [reindexing.name])
    if all(one.options.get("event") != str(event.id) for one in started):
        about = {"type": str(event.aggregate_id), "event": str(event.id)}
        start_job(ctx, reindexing, "cms.entries", about)

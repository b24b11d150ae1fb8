"""One action on many entries, each of which may be refused by itself."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sparx_cms.editorial import PUBLISH_SCOPE
from sparx_cms.errors.entries import UnpublishedReferences
from sparx_cms.events.entries import (
    EntryUnarchived,
    EntryUnpublished,
    EntryWasArchived,
    EntryWentLive,
)
from sparx_cms.models.entries import Entry
from sparx_cms.operations.publication import (
    archive_entry,
    publish_entry,
    unarchive_entry,
    unpublish_entry,
)
from sparx_cms.redirects.moves import MOVE_EVENTS
from sparx_cms.scheduling.asking import told_failure
from sparx_cms.schemas.entry_actions import BulkActionSchema, BulkMetaSchema, BulkResultSchema
from sparx_core import (
    ApiError,
    Context,
    NotFound,
    ObjectSchema,
    Told,
    Values,
    attempt,
    operation,
    querying,
)

#: How often entries are tried that wait for others of the same request.
TURNS = 4
_DO: dict[str, Callable[[Context, Entry], Entry]] = {
    "publish": lambda ctx, entry: publish_entry(ctx, entry, {}),
    "unpublish": lambda ctx, entry: unpublish_entry(ctx, entry, {}),
    "archive": lambda ctx, entry: archive_entry(ctx, entry, {}),
    "unarchive": unarchive_entry,
}


class NoQuery(ObjectSchema):
    """Nothing but the body says what is to be done."""


@querying(NoQuery, meta=BulkMetaSchema)
@operation(
    "POST",
    "/entries/bulk",
    name="entries_bulk",
    module="cms",
    scope=PUBLISH_SCOPE,
    body=BulkActionSchema,
    answer=BulkResultSchema(many=True),
    emits=[EntryWentLive, EntryUnpublished, EntryWasArchived, EntryUnarchived, *MOVE_EVENTS],
    raises=[],
)
def act_on_entries(ctx: Context, query: Values, data: Values) -> Told:
    """Publish, unpublish, archive or unarchive up to a hundred entries. Each is done or refused by
    itself, and never in part; `meta` counts both. Entries may refer to one another in any order:
    what is refused because another of them is not live yet is tried again after that one.
    """
    outcomes: dict[int, Values] = {}
    waiting = dict(enumerate(data["items"]))
    for turn in range(TURNS):
        before = len(waiting)
        # Every other time from the end: in one of both orders most come after what they refer to.
        for index in sorted(waiting, reverse=turn % 2 == 1):
            outcomes[index], again = _act(ctx, data["action"], waiting[index])
            if not again:
                del waiting[index]
        if len(waiting) == before:
            break
    told = [{"index": index, **outcomes[index]} for index in sorted(outcomes)]
    failed = sum("error" in one for one in told)
    return Told(told, {"succeeded": len(told) - failed, "failed": failed})


def _act(ctx: Context, action: str, item: Values) -> tuple[Values, bool]:
    """What became of one entry; and whether another of them might still make a difference."""
    try:
        version = attempt(ctx, lambda: _do(ctx, action, item["id"], item["version"]))
    except ApiError as error:
        if error.status >= 500:
            raise
        refused = {"status": error.status, "id": item["id"], "error": told_failure(error)}
        return refused, isinstance(error, UnpublishedReferences)
    return {"status": 200, "id": item["id"], "version": version}, False


def _do(ctx: Context, action: str, entry_id: UUID, version: int) -> int:
    entry = ctx.get(Entry, entry_id, lock=True)
    if entry.trashed:
        raise NotFound
    ctx.check_version(entry, version)
    _DO[action](ctx, entry)
    ctx.finish()
    return int(ctx.get(Entry, entry_id).version)

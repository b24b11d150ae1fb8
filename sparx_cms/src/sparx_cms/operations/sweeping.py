"""Jobs that do something to each entry of some types, in many short transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from sparx_cms.models.entries import Entry, Revision
from sparx_cms.types import catalogue
from sparx_cms.types.documents import pruned
from sparx_core import (
    ApiError,
    Context,
    Failure,
    Job,
    JobKind,
    Progress,
    ValidationFailed,
    attempt,
    start_job,
)

#: Entries of one transaction.
AT_ONCE = 100
#: The same, where each comes with its revisions.
WITH_HISTORY = 10


def each_entry(
    ctx: Context,
    job: Job,
    types: Sequence[UUID],
    work: Callable[[Entry], None],
    *,
    at_once: int = AT_ONCE,
) -> Progress:
    """Do something to the next entries of some types, those in the trash as well: what is refused
    of one leaves the others as they are, and is listed among the errors of the job.
    """
    after = UUID(job.cursor.get("after", str(UUID(int=0))))
    chosen = (
        Entry.select(Entry.id)
        .where(Entry.content_type.in_(list(types)), Entry.id > after)
        .order_by(Entry.id)
        .limit(at_once)
    )
    ids = [one.id for one in ctx.all(chosen)]
    failures = []
    for entry in ctx.lock(Entry, "id", ids):
        try:
            attempt(ctx, partial(work, entry))
        except ApiError as error:
            failures.append(_failure(entry, error))
    return Progress(
        done=len(ids) < at_once,
        processed=len(ids),
        succeeded=len(ids) - len(failures),
        failed=len(failures),
        failures=failures,
        changes={"cursor": {"after": str(ids[-1])}} if ids else {},
    )


def _failure(entry: Entry, error: ApiError) -> Failure:
    details = error.details if isinstance(error, ValidationFailed) else []
    where, told = (details[0]["field"], details[0]["message"]) if details else ("", error.text)
    return Failure(entry.id, error.code, told, field=where)


def purge_step(ctx: Context, job: Job) -> Progress:
    """Take out of some entries what they have of fields that there are no more, and out of all that
    they were before: what was deleted for ever is not to be had from history.
    """
    types = catalogue(ctx).by_id

    def purge(entry: Entry) -> None:
        type = types[entry.content_type]
        live = None if entry.live is None else pruned(type, entry.live)
        ctx.update(entry, draft=pruned(type, entry.draft), live=live)
        for revision in ctx.match(Revision, "entry", [entry.id]):
            kept = pruned(type, revision.data)
            if kept != revision.data:
                ctx.update(revision, data=kept)

    holding = [UUID(one) for one in job.options["typeIds"]]
    return each_entry(ctx, job, holding, purge, at_once=WITH_HISTORY)


purge = JobKind("cms.purge", purge_step)


def start_purge(ctx: Context, types: Sequence[UUID]) -> Job:
    """Have a worker purge the entries of some types."""
    options = {"typeIds": [str(one) for one in types]}
    return start_job(ctx, purge, "cms.content_types", options)

"""Working jobs off: one step after another, each a transaction of its own with the mark of how far
the job is. A worker that is killed leaves the job at the end of a step, and another goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from peewee import PeeweeException

from sparx_core.bulk.errors import told
from sparx_core.bulk.exports import export_step
from sparx_core.bulk.imports import import_step
from sparx_core.bulk.undo import undo_step
from sparx_core.context import Actor, Context
from sparx_core.db.connection import is_outage
from sparx_core.errors import ApiError, InternalError, ModuleDisabled
from sparx_core.events.replaying import replay_step
from sparx_core.events.types import Occurrence, on
from sparx_core.jobs.events import JobFinished
from sparx_core.jobs.models import (
    EXPORT,
    FAILED,
    IMPORT,
    QUEUED,
    REPLAY,
    RUNNING,
    SUCCEEDED,
    UNDO,
    UNDONE,
    Job,
    JobError,
)
from sparx_core.jobs.steps import Progress, Step

log = structlog.get_logger(__name__)

#: What does a step of each kind of job.
STEPS: Mapping[str, Step] = {
    IMPORT: import_step,
    EXPORT: export_step,
    UNDO: undo_step,
    REPLAY: replay_step,
}
_SERVER = 500


@on("job.queued")
def run_job(ctx: Context, event: Occurrence) -> None:
    """One step of a job; the delivery comes again for the next one."""
    job = ctx.find(Job, event.aggregate_id)
    if job is None or job.state not in (QUEUED, RUNNING):
        return  # it was cancelled
    worker, ctx.actor = ctx.actor, _actor(job)
    try:
        progress = ctx.transaction.attempt(partial(_step, ctx, job))
    except Exception as error:
        ctx.forget_all()
        failure = _failure(error)
        if failure is None:
            raise
        if isinstance(failure, InternalError):
            log.exception("job_failed", job=str(job.id))
        progress = Progress(done=True, changes={"error": told(failure), "state": FAILED})
    ctx.actor = worker
    _note(ctx, job, progress)


def _step(ctx: Context, job: Job) -> Progress:
    if job.module not in ctx.modules:
        raise ModuleDisabled(str(job.module))
    progress = _step_of(ctx, str(job.kind))(ctx, job)
    ctx.finish()
    return progress


def _step_of(ctx: Context, kind: str) -> Step:
    own = ctx.registry.job_kinds.get(kind)
    return STEPS[kind] if own is None else own.step


def _failure(error: Exception) -> ApiError | None:
    """What a job fails with; None for what may be over in a moment."""
    if isinstance(error, ApiError):
        return error if error.status < _SERVER else None
    if isinstance(error, PeeweeException) and is_outage(error):
        return None
    # A defect would be one again and again, and somebody waits for the job.
    return InternalError()


def _actor(job: Job) -> Actor:
    """Who started it: what it writes is told as his doing. What he may was asked at the start."""
    kind, _, _ = str(job.actor).partition(":")
    return Actor(kind, job.key, str(job.key_name), frozenset("*"))


def _note(ctx: Context, job: Job, progress: Progress) -> None:
    """Store how far the job is, unless it was cancelled meanwhile, and go on if there is more."""
    now: Any = datetime.now(UTC)
    present = ctx.get(Job, job.id, lock=True)
    ctx.insert_all(_errors(present, progress))
    values: dict[str, Any] = {
        "rows_processed": present.rows_processed + progress.processed,
        "rows_succeeded": present.rows_succeeded + progress.succeeded,
        "rows_failed": present.rows_failed + progress.failed,
        "bytes_processed": present.bytes_processed + progress.size,
        "started_at": present.started_at or now,
        **progress.changes,
    }
    if present.state not in (QUEUED, RUNNING):
        values.pop("state", None)
        ctx.update(present, **values)
        return
    values.setdefault("state", SUCCEEDED if progress.done else RUNNING)
    if progress.done:
        values["finished_at"] = now
    ctx.update(present, **values)
    if progress.done:
        ctx.emit(JobFinished(present))
        if present.kind == UNDO:
            _settle(ctx, present)
    elif ctx.work is not None:
        ctx.work.unfinished, ctx.work.pause = True, progress.pause


def _errors(job: Job, progress: Progress) -> Iterator[JobError]:
    """What a step could not do, behind what the steps before it could not."""
    for place, failure in enumerate(progress.failures):
        yield JobError(
            job=job.id,
            line=failure.line,
            place=int(job.rows_processed) + place,
            field=failure.field,
            code=failure.code,
            message=failure.message,
            row_id=failure.row_id,
        )


def _settle(ctx: Context, undo: Job) -> None:
    """The import that was undone says so; one whose undoing failed may be undone again."""
    undone = None if undo.undoes is None else ctx.find(Job, undo.undoes, lock=True)
    if undone is None:
        return
    if undo.state == SUCCEEDED:
        ctx.update(undone, state=UNDONE)
    else:
        ctx.update(undone, undone_by=None)

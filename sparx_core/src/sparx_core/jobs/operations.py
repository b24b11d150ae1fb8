"""Jobs: listed, looked at, cancelled, undone; and how a request starts one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from sparx_core.context import Context
from sparx_core.errors import InsufficientScope, InvalidTransition, NotFound
from sparx_core.events.replayed import drop_pending
from sparx_core.ids import parse_uuid
from sparx_core.jobs.events import JobFinished, JobQueued
from sparx_core.jobs.models import (
    CANCELLED,
    FAILED,
    IMPORT,
    QUEUED,
    RECEIVING,
    REPLAY,
    RUNNING,
    SUCCEEDED,
    UNDO,
    UNDONE,
    Job,
)
from sparx_core.jobs.schemas import JobSchema
from sparx_core.resources import CORE, Resource, operation
from sparx_core.transaction import Answer

jobs = Resource(
    "jobs",
    Job,
    JobSchema,
    filters=("kind", "state", "resource", "createdAt"),
    sorts=("createdAt",),
    bulk=False,
)
# Who may start a job may look at it, whichever module it is of: see get_job.
del jobs.operations["get"]


@operation("GET", "/jobs/{id}", name="jobs.get", answer=JobSchema, raises=[NotFound])
def get_job(ctx: Context, id: str) -> Any:
    """Get one of the jobs. A key needs a scope of the core or of the module that the job is of."""
    job = find_job(ctx, id)
    if not any(ctx.actor.allows(scope) for scope in scopes_of(job)):
        raise InsufficientScope(f"read:{job.module}")
    return shown(ctx, job)


@operation(
    "POST",
    "/jobs/{id}/cancel",
    name="jobs.cancel",
    answer=JobSchema,
    emits=[JobFinished],
    raises=[NotFound, InsufficientScope, InvalidTransition],
)
def cancel_job(ctx: Context, id: str) -> Any:
    """Stop a job. What it wrote stays, and can be undone; a step that is under way is finished.
    What a replay has queued and nobody has handled yet is dropped.

    `invalid_transition` if it is over. Needs the scope to write to the module that it is of.
    """
    job = find_job(ctx, id, lock=True)
    _require_write(ctx, job)
    if job.state not in (QUEUED, RUNNING):
        raise InvalidTransition(f"The job is {job.state}.")
    if job.kind == REPLAY:
        drop_pending(ctx, job)
    ctx.update(job, state=CANCELLED, finished_at=datetime.now(UTC))
    ctx.emit(JobFinished(job))
    undone = None if job.undoes is None else ctx.find(Job, job.undoes, lock=True)
    if undone is not None:
        ctx.update(undone, undone_by=None)
    return shown(ctx, job)


@operation(
    "POST",
    "/jobs/{id}/undo",
    name="jobs.undo",
    answer=JobSchema,
    emits=[JobQueued],
    raises=[NotFound, InsufficientScope, InvalidTransition],
)
def undo_job(ctx: Context, id: str) -> Any:
    """Undo an import that is over, by a job that deletes what it created and puts back what it
    changed. Rows that somebody changed since are left as they are, and listed as its errors.

    `invalid_transition` if it is no import, wrote nothing, runs, or is being undone. Needs the
    scope to write to the module that it is of.
    """
    job = find_job(ctx, id, lock=True)
    _require_write(ctx, job)
    if job.kind != IMPORT or job.dry_run:
        raise InvalidTransition("Only an import that wrote something can be undone.")
    if job.undone_by is not None or job.state not in (SUCCEEDED, FAILED, CANCELLED):
        running = job.undone_by is not None and job.state != UNDONE
        raise InvalidTransition(f"The job is {'being undone' if running else job.state}.")
    undoing = new_job(ctx, UNDO, ctx.registry.resources[str(job.resource)], str(job.format))
    undoing.state, undoing.undoes = QUEUED, job.id
    ctx.insert(undoing)
    ctx.update(job, undone_by=undoing.id)
    ctx.emit(JobQueued(undoing))
    return shown(ctx, undoing)


def new_job(ctx: Context, kind: str, resource: Resource, format: str) -> Job:
    """A job of the context's actor, not inserted yet."""
    return Job(
        kind=kind,
        resource=resource.key,
        module=resource.module,
        state=RECEIVING,
        format=format,
        actor=str(ctx.actor),
        key=ctx.actor.id,
        key_name=ctx.actor.name,
    )


def find_job(ctx: Context, id: str, *, lock: bool = False) -> Job:
    """A job of the tenant; ``NotFound`` if there is none."""
    row_id = parse_uuid(id)
    if row_id is None:
        raise NotFound
    return ctx.get(Job, row_id, lock=lock)


def scopes_of(job: Job) -> tuple[str, ...]:
    """Any of these lets a key look at a job."""
    return (f"read:{CORE}", f"read:{job.module}", f"write:{job.module}")


def whole(ctx: Context, row: Job) -> Answer:
    return Answer(jobs, row, ctx.views.whole(jobs.key))


def shown(ctx: Context, row: Job) -> Any:
    """A job as the API shows it, with what is pending sent."""
    rendered = ctx.finish(whole(ctx, row))
    return None if rendered is None else msgspec.Raw(rendered.text.encode())


def _require_write(ctx: Context, job: Job) -> None:
    ctx.require(str(job.module), f"write:{job.module}")

"""Kinds of jobs that modules have, beside imports and exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sparx_core.context import Context
from sparx_core.jobs.events import JobQueued
from sparx_core.jobs.models import QUEUED, Job
from sparx_core.jobs.operations import new_job
from sparx_core.jobs.steps import Step


@dataclass(frozen=True)
class JobKind:
    """Work of a module that takes more than one transaction: returned by ``sparx_job_kinds``.

    ``name`` is the module's key with a word of its own, ``cms.migration``. ``step`` does the next
    part and answers with a :class:`Progress`; it begins where ``job.cursor`` says, and what it
    writes there with ``Progress.changes`` is stored together with what it did. A worker that is
    killed leaves nothing of its step behind. An ``ApiError`` ends the job as ``failed``.
    """

    name: str
    step: Step = field(compare=False)


def start_job(
    ctx: Context, kind: JobKind, resource: str, options: dict[str, Any] | None = None
) -> Job:
    """Start a job of a module, on a resource of it, if this transaction commits. It is found at
    ``/v1/jobs``, and cancelled there.
    """
    job = new_job(ctx, kind.name, ctx.registry.resources[resource], "")
    job.state, job.options = QUEUED, options or {}
    ctx.insert(job)
    ctx.emit(JobQueued(job))
    return job

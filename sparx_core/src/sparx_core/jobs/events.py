"""What is stated of jobs."""

from __future__ import annotations

from sparx_core.events.types import Event


class JobQueued(Event):
    """A job was started, and a worker begins with it."""

    name, resource, public = "job.queued", "core.jobs", False


class JobFinished(Event):
    """A job is over: it succeeded, failed or was cancelled."""

    name, resource = "job.finished", "core.jobs"

"""What a step of a job is given and answers with, whatever kind of job it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sparx_core.context import Context
from sparx_core.jobs.models import Job

#: Rows of one step: some tenths of a second of work, and few enough to be in memory.
STEP_ROWS, STEP_BYTES = 500, 4 * 2**20


@dataclass(frozen=True)
class Failure:
    """What kept a row from being worked on: listed at ``/v1/jobs/{id}/errors``."""

    row_id: UUID | None
    code: str
    message: str
    field: str = ""
    line: int = 0


@dataclass
class Progress:
    """What a step did: rows of each outcome, bytes of the file, and where the next one begins, in
    ``pause`` seconds. ``changes`` are of the job itself, its ``cursor`` above all.
    """

    done: bool = False
    processed: int = 0
    succeeded: int = 0
    failed: int = 0
    size: int = 0
    pause: float = 0.0
    changes: dict[str, Any] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


#: Does one step of a job.
Step = Callable[[Context, Job], Progress]

"""What is refused of schedules."""

from __future__ import annotations

from typing import Any

from sparx_core import Conflict


class ScheduleExists(Conflict):
    """The entry is scheduled already to be published, or to be taken offline, in this language:
    cancel that, or move it to another time. `details` have its `scheduleId` and the `locale`.
    """

    code, status = "schedule_exists", 409
    message = "This is scheduled already."


class EntryLocked(Conflict):
    """The entry is scheduled with `lockWhileScheduled`, so its draft is not saved until then:
    cancel the schedule first. `details` have its `scheduleId`, and when it is `at`.
    """

    code, status = "entry_locked", 409
    message = "The entry is locked while it is scheduled."

    def __init__(self, schedule_id: Any = None, at: str = "") -> None:
        super().__init__(details={"scheduleId": str(schedule_id), "at": at})


class TooManySchedules(Conflict):
    """So much is scheduled already that nothing more can be; `details.limit` says how much."""

    code, status = "too_many_schedules", 409
    message = "Nothing more can be scheduled now."

    def __init__(self, limit: int = 0) -> None:
        super().__init__(details={"limit": limit})

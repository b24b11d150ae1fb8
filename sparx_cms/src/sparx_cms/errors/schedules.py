"""What is refused of schedules."""

from __future__ import annotations

from sparx_core import Conflict


class ScheduleExists(Conflict):
    """The entry is scheduled already to be published, or to be taken offline, in this language:
    cancel that, or move it to another time. `details` have its `scheduleId` and the `locale`.
    """

    code, status = "schedule_exists", 409
    message = "This is scheduled already."

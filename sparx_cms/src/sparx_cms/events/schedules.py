"""What is told of plans: their payload is the schedule, because an entry cannot tell when."""

from __future__ import annotations

from sparx_core import Event


class EntryScheduled(Event):
    """An entry is to go live, or offline, in a language at a time; or at another than before."""

    name, resource = "content.entry.scheduled", "cms.schedules"


class EntryUnscheduled(Event):
    """A schedule was cancelled: nothing happens at its time."""

    name, resource = "content.entry.unscheduled", "cms.schedules"


class ScheduleFailed(Event):
    """The time of a schedule came, and what it was for could not be done; `failure` says why. What
    was live before is live still.
    """

    name, resource = "content.entry.schedule_failed", "cms.schedules"

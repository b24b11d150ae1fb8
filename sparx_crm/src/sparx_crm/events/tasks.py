"""What happens to tasks."""

from __future__ import annotations

from sparx_core import Event


class TaskCreated(Event):
    """A task was written down for somebody, or for nobody yet."""

    name, resource = "task.created", "crm.tasks"


class TaskUpdated(Event):
    """Details of a task were changed."""

    name, resource = "task.updated", "crm.tasks"


class TaskCompleted(Event):
    """A task was done; `completedAt` tells when."""

    name, resource = "task.completed", "crm.tasks"


class TaskCancelled(Event):
    """A task was called off: it reminds of nothing, and is not overdue."""

    name, resource = "task.cancelled", "crm.tasks"


class TaskReopened(Event):
    """A task that was done is open again."""

    name, resource = "task.reopened", "crm.tasks"


class TaskReminder(Event):
    """The time has come at which an open task wanted to be remembered; once for each such time."""

    name, resource = "task.reminder", "crm.tasks"


class TaskDeleted(Event):
    """A task was deleted; the payload is the task as it was."""

    name, resource = "task.deleted", "crm.tasks"

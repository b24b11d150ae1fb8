"""Tasks: made, changed, completed, cancelled, reopened, deleted; and their reminders."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sparx_core import Context, Resource, Values, scheduled
from sparx_crm.events.tasks import (
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReminder,
    TaskReopened,
    TaskUpdated,
)
from sparx_crm.models.activities import LINKS
from sparx_crm.models.tasks import OPEN, TASK_MACHINE, Task
from sparx_crm.operations.linking import add_implied
from sparx_crm.schemas.tasks import TaskSchema

tasks = Resource(
    "tasks",
    Task,
    TaskSchema,
    search=("title",),
    filters=(
        *("status", "priority", "assigneeId", "dueAt", "dueOn", "overdue", "remindAt"),
        *("completedAt", "createdAt"),
        *(f"{name}Id" for name in LINKS),
    ),
    sorts=("createdAt", "dueAt", "completedAt"),
    scanned=("priority", "remindAt"),
    machine=TASK_MACHINE,
)


@scheduled
def remind_of_task(ctx: Context, task_id: UUID) -> None:
    """State that the time of a reminder has come, unless it was stated or is out of date."""
    task = ctx.find(Task, task_id, lock=True)
    if task is None or task.status != OPEN or task.remind_at is None:
        return
    now = datetime.now(UTC)
    if task.reminded_at is not None:
        return
    if task.remind_at > now:  # it was moved, or the clock here is behind that of the database
        ctx.schedule(remind_of_task, task, at=task.remind_at)
        return
    ctx.update(task, reminded_at=now)
    ctx.emit(TaskReminder(task))


@tasks.create(emits=[TaskCreated], raises=[])
def create_task(ctx: Context, data: Values) -> Task:
    """Make a task. What its order, quote, deal or lead is linked to is linked as well."""
    add_implied(ctx, data)
    task = ctx.insert(Task(**data))
    ctx.emit(TaskCreated(task))
    if data.get("remind_at") is not None:
        ctx.schedule(remind_of_task, task, at=data["remind_at"])
    return task


@tasks.update(emits=[TaskUpdated], raises=[])
def change_task(ctx: Context, task: Task, data: Values) -> Task:
    """Change a task. A `remindAt` that changes is a reminder of its own; the old one is none."""
    changes = {name: value for name, value in data.items() if getattr(task, name) != value}
    if not changes:
        return task
    if "remind_at" in changes:
        changes["reminded_at"] = None
    ctx.update(task, **changes)
    ctx.emit(TaskUpdated(task))
    if "remind_at" in changes:
        _plan(ctx, task)
    return task


@tasks.transition("complete", emits=[TaskCompleted])
def complete_task(ctx: Context, task: Task) -> Task:
    """A task is done: it has `completedAt` and `completedBy`, and reminds of itself no more."""
    actor = ctx.actor
    ctx.update(
        task,
        status=TASK_MACHINE.target("complete"),
        completed_at=datetime.now(UTC),
        completed_by_type=actor.kind,
        completed_by_id=actor.id,
        completed_by_name=actor.name,
    )
    ctx.emit(TaskCompleted(task))
    ctx.unschedule(remind_of_task, task)
    return task


@tasks.transition("cancel", emits=[TaskCancelled])
def cancel_task(ctx: Context, task: Task) -> Task:
    """Call a task off, for good."""
    ctx.update(task, status=TASK_MACHINE.target("cancel"))
    ctx.emit(TaskCancelled(task))
    ctx.unschedule(remind_of_task, task)
    return task


@tasks.transition("reopen", emits=[TaskReopened])
def reopen_task(ctx: Context, task: Task) -> Task:
    """A task that was done is not. A reminder that is still to come comes again."""
    ctx.update(
        task,
        status=TASK_MACHINE.target("reopen"),
        completed_at=None,
        completed_by_type=None,
        completed_by_id=None,
        completed_by_name=None,
    )
    ctx.emit(TaskReopened(task))
    if task.remind_at is not None and task.remind_at > datetime.now(UTC):
        _plan(ctx, task)
    return task


@tasks.delete(emits=[TaskDeleted], raises=[])
def delete_task(ctx: Context, task: Task) -> None:
    """Delete a task, whatever its state."""
    ctx.unschedule(remind_of_task, task)
    ctx.delete(task)
    ctx.emit(TaskDeleted(task))


def _plan(ctx: Context, task: Task) -> None:
    """Have an open task remind of itself at its time, and any other not."""
    if task.status == OPEN and task.remind_at is not None and task.reminded_at is None:
        ctx.schedule(remind_of_task, task, at=task.remind_at)
    else:
        ctx.unschedule(remind_of_task, task)

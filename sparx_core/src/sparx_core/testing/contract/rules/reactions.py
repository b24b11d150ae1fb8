"""The rule about handlers: once or twice is the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparx_core.events.types import Handler
from sparx_core.resources import CORE, Operation
from sparx_core.testing.contract.rule import rule
from sparx_core.testing.contract.stage import Stage
from sparx_core.testing.contract.subject import Subject

#: What a second run changes by itself: the attempts of deliveries are counted, and a task that is
#: scheduled again is told of. Events are counted apart.
_COUNTED = ("core.deliveries", "core.events")


@rule("repeatable")
def repeatable(subject: Subject) -> Iterator[str]:
    """A handler that runs twice for one event has the same effect as once.

    A worker may die after the work and before it could say so. Look before acting: find the row
    that the first run made (a unique index on what it was made for), or write what is absolute, a
    state or a new count, and nothing that adds up. If no operation of the module or of those that
    it requires causes the event, cause it in exercise(api).
    """
    if not subject.handlers:
        return
    stage = subject.stage
    cause_events(stage)
    heard = [one for one in subject.handlers if any(map(one.hears, subject.modules.events))]
    for handler in heard:
        yield from _once(stage, handler)
    together = _changed_again(stage, heard)
    if not together:
        return
    # Settling and comparing take their time: one by one only where there is something to find.
    culprits = []
    for handler in heard:
        changed = _changed_again(stage, [handler])
        if changed:
            told = f"changed {', '.join(changed)} when it ran again for {handler.event}"
            culprits.append(f"{handler.name} {told}")
    told = f"{', '.join(together)} changed when all handlers ran again, though not one by one"
    yield from culprits or [told]


def cause_events(stage: Stage) -> None:
    """Call what states the events that the module reacts to, and whatever the author adds."""
    subject, scene = stage.subject, stage.home
    for operation in emitting(subject):
        scene.perform(operation)
    if subject.exercise is not None:
        subject.exercise(scene.api)
    stage.settle()


def _events(stage: Stage) -> int:
    return int(
        stage.owner.value(
            "SELECT count(*) FROM core.events WHERE tenant_id = %s AND type <> 'task.scheduled'",
            stage.home.tenant.tenant_id,
        )
    )


def emitting(subject: Subject) -> list[Operation]:
    """The operations that state an event which the module reacts to."""
    events = subject.modules.events
    heard = {one for one in events if any(each.hears(one) for each in subject.handlers)}
    near = {CORE, subject.key, *subject.required, *subject.heard}
    return [
        one
        for one in subject.modules.operations.values()
        if one.module in near and heard & {event.name for event in one.emits}
    ]


def _once(stage: Stage, handler: Handler) -> Iterator[str]:
    """What is wrong with how a handler ran the first time."""
    tenant = stage.home.tenant.tenant_id
    counted = dict(
        stage.owner.rows(
            "SELECT state, count(*) FROM core.deliveries WHERE tenant_id = %s AND handler = %s"
            " GROUP BY 1",
            tenant,
            handler.name,
        )
    )
    failed = stage.owner.rows(
        "SELECT DISTINCT last_error FROM core.deliveries WHERE tenant_id = %s AND handler = %s"
        " AND state NOT IN ('done', 'skipped')",
        tenant,
        handler.name,
    )
    for (error,) in failed:
        yield f"{handler.name} failed: {error}"
    if not (counted.get("done") or failed or stage.home.unmade):
        yield f"{handler.name} was never called: nothing stated {handler.event}"


def _changed_again(stage: Stage, handlers: Sequence[Handler]) -> list[str]:
    """The tables in which something changes when handlers run once more for the same events."""
    tenant = stage.home.tenant.tenant_id
    before, events = stage.written(), _events(stage)
    stage.owner.execute(
        "UPDATE core.deliveries SET state = 'retry', due_at = clock_timestamp()"
        " WHERE tenant_id = %s AND handler = ANY(%s) AND state = 'done'",
        tenant,
        [one.name for one in handlers],
    )
    stage.settle()
    changed = stage.changed(before, without=_COUNTED)
    return changed + (["core.events"] if _events(stage) != events else [])

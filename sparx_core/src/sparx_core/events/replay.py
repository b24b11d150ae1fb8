"""``POST /v1/events/replay``: events of the past once more, to handlers or to webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from marshmallow import fields
from peewee import fn

from sparx_core.context import Context
from sparx_core.errors import InsufficientScope, ValidationFailed
from sparx_core.events.models import EventRow
from sparx_core.events.patterns import EventPattern, wants
from sparx_core.events.replayed import USUAL_RATE, Plan, Targets, handlers_for
from sparx_core.events.replaying import start_of
from sparx_core.events.resources import events
from sparx_core.fields import Flag, Id, ListOf, Text, Timestamp, WholeNumber
from sparx_core.jobs.events import JobQueued
from sparx_core.jobs.models import QUEUED, REPLAY, Job
from sparx_core.jobs.operations import new_job
from sparx_core.pointers import Path
from sparx_core.resources import Values, operation
from sparx_core.schemas import ObjectSchema

#: The longest range, in days, and the most deliveries a second.
MAX_DAYS, MAX_RATE = 90, 1_000
#: Handlers, subscriptions or patterns in one request.
MAX_NAMED = 100

Problem = tuple[Path, str]


class ReplaySchema(ObjectSchema):
    """Which events, and to whom: to `handlers`, to webhook `subscriptions`, or, if neither is
    named, to all handlers of modules that are active.
    """

    begin = Timestamp(
        required=True, data_key="from", metadata={"description": "The first moment of the range."}
    )
    end = Timestamp(
        data_key="to",
        metadata={"description": f"The moment after it, now by default: {MAX_DAYS} days at most."},
    )
    types = ListOf(
        EventPattern(),
        minimum=1,
        maximum=MAX_NAMED,
        metadata={"description": "Only these types of events.", "example": ["order.*"]},
    )
    resource = Text(
        127, metadata={"description": "Only events about this resource.", "example": "crm.orders"}
    )
    handlers = ListOf(
        Text(255),
        minimum=1,
        maximum=MAX_NAMED,
        metadata={"example": ["crm.update_customer_statistics"]},
    )
    subscriptions = ListOf(
        Id(),
        minimum=1,
        maximum=MAX_NAMED,
        metadata={"description": "Ids of webhook subscriptions; each gets what it wants of them."},
    )
    per_second = WholeNumber(
        1,
        MAX_RATE,
        load_default=USUAL_RATE,
        metadata={"description": "Deliveries that fall due in a second."},
    )
    dry_run = Flag(load_default=False, metadata={"description": "Count, and replay nothing."})


class TypeCountSchema(ObjectSchema):
    """How many events of a type there are in the range."""

    type = fields.String(required=True, metadata={"example": "order.created"})
    events = WholeNumber(0, required=True, metadata={"example": 2})


class TargetCountSchema(ObjectSchema):
    """How many of them a handler, or a webhook subscription, gets."""

    handler = fields.String(
        required=True, allow_none=True, metadata={"example": "crm.update_customer_statistics"}
    )
    subscription_id = Id(required=True, allow_none=True, metadata={"example": None})
    deliveries = WholeNumber(0, required=True, metadata={"example": 2})


class ReplayingSchema(ObjectSchema):
    """What is replayed. `jobId` is the job that does it, and null for a dry run; `seconds` is how
    long the deliveries are spread over.
    """

    job_id = Id(required=True, allow_none=True)
    events = WholeNumber(0, required=True, metadata={"example": 2})
    deliveries = WholeNumber(0, required=True, metadata={"example": 2})
    seconds = WholeNumber(0, required=True, metadata={"example": 1})
    types = fields.List(fields.Nested(TypeCountSchema), required=True)
    targets = fields.List(fields.Nested(TargetCountSchema), required=True)


@operation(
    "POST",
    "/events/replay",
    name="events.replay",
    scope="write:core",
    body=ReplaySchema,
    answer=ReplayingSchema,
    emits=[JobQueued],
    raises=[ValidationFailed, InsufficientScope],
)
def replay_events(ctx: Context, data: Values) -> Values:
    """Deliver events of the past once more, each once to each target, those about one resource in
    their order. A job does it, of kind `replay`: it tells how far it is, and can be cancelled. The
    replays of a tenant come one after another.

    Handlers see that it is a replay; webhooks get the event with the same id as before. Examples
    are no facts and are never replayed, and internal events never to webhooks. The key also needs
    to read the modules that the events are about.
    """
    plan = _plan(ctx, data)
    targets = Targets.find(ctx, plan.handlers, plan.subscriptions)
    plan = plan.within(ctx.registry, targets)
    _require_reading(ctx, plan.types)
    counts = _counts(ctx, plan)
    job = None if data["dry_run"] else start_replay(ctx, plan, events=sum(counts.values()))
    return _shown(ctx, plan, targets, counts, job)


def start_replay(ctx: Context, plan: Plan, *, events: int | None = None) -> Job:
    """Queue the job of a replay. ``events`` is how many there are in its range, if known."""
    job = new_job(ctx, REPLAY, _RESOURCE, "")
    job.state, job.options = QUEUED, {**plan.as_options(), "events": events}
    ctx.insert(job)
    ctx.emit(JobQueued(job))
    return job


def backfill_plan(ctx: Context, module: str, since: datetime) -> Plan:
    """What handlers of a module would have got of other modules since a time."""
    others = {*ctx.modules, *ctx.registry.requires(module)} - {module}
    owners = ctx.registry.event_modules
    own = [one for one in ctx.registry.handlers.values() if one.module == module]
    heard = [(one.name, [type_ for type_ in owners if one.hears(type_)]) for one in own]
    theirs = {name: [one for one in types if owners[one] in others] for name, types in heard}
    types = tuple(dict.fromkeys(one for found in theirs.values() for one in found))
    handlers = tuple(name for name, found in theirs.items() if found)
    return Plan(start_of(since), None, types, None, handlers, (), backfill=True)


def require_backfill(ctx: Context, module: str, since: datetime) -> None:
    """Refuse a backfill that the key may not ask for, or that goes back too far."""
    problem = _problem_of_range(since, datetime.now(UTC))
    if problem is not None:
        raise ValidationFailed([(("backfillFrom",), problem)])
    _require_reading(ctx, backfill_plan(ctx, module, since).types)


# -- how ---------------------------------------------------------------------------------------

_RESOURCE = events


def _plan(ctx: Context, data: Values) -> Plan:
    now = datetime.now(UTC)
    begin, end = data["begin"], min(data.get("end", now), now)
    problem = _problem_of_range(begin, end)
    problems: list[Problem] = [] if problem is None else [(("from",), problem)]
    types = list(_types(ctx, data, problems))
    subscriptions = [str(one) for one in data.get("subscriptions", ())]
    problems += _unknown_subscriptions(ctx, subscriptions)
    possible = handlers_for(ctx.registry, ctx.modules, ctx.registry.events)
    named = data.get("handlers")
    problems += [
        (("handlers", place), "No handler of an active module is called so.")
        for place, name in enumerate(named or ())
        if name not in possible
    ]
    if problems:
        raise ValidationFailed(problems)
    if named is None:
        named = [] if subscriptions else handlers_for(ctx.registry, ctx.modules, types)
    return Plan(
        start_of(begin),
        start_of(end),
        tuple(types),
        data.get("resource"),
        tuple(dict.fromkeys(named)),
        tuple(dict.fromkeys(subscriptions)),
        data["per_second"],
    )


def _problem_of_range(begin: datetime, end: datetime) -> str | None:
    if begin >= end:
        return "Must be before the end of the range, and in the past."
    if end - begin > timedelta(days=MAX_DAYS):
        return f"The range is longer than {MAX_DAYS} days."
    return None


def _types(ctx: Context, data: Values, problems: list[Problem]) -> Iterable[str]:
    """The types of active modules that are asked for."""
    known = {
        name: one.resource
        for name, one in ctx.registry.events.items()
        if ctx.registry.event_modules[name] in ctx.modules
    }
    resource = data.get("resource")
    if resource is not None:
        known = {name: about for name, about in known.items() if about == resource}
        if not known:
            problems.append((("resource",), "No event of an active module is about it."))
    patterns = data.get("types")
    if patterns is None:
        return known
    for place, pattern in enumerate(patterns):
        if known and not any(wants([pattern], name) for name in known):
            problems.append((("types", place), "There is no such type of events here."))
    return (name for name in known if wants(patterns, name))


def _unknown_subscriptions(ctx: Context, ids: Sequence[str]) -> list[Problem]:
    found = {str(row_id) for row_id, _ in Targets.find(ctx, (), ids).subscriptions}
    return [
        (("subscriptions", place), "There is no such subscription that is enabled.")
        for place, one in enumerate(ids)
        if one not in found
    ]


def _require_reading(ctx: Context, types: Iterable[str]) -> None:
    modules = {ctx.registry.events[one].resource.partition(".")[0] for one in types}
    for module in sorted(modules):
        if not ctx.actor.allows(f"read:{module}"):
            raise InsufficientScope(f"read:{module}")


def _counts(ctx: Context, plan: Plan) -> dict[str, int]:
    """How many events there are, by type."""
    if not plan.types:
        return {}
    query = EventRow.select(EventRow.type, fn.count(EventRow.id).alias("events")).where(
        EventRow.occurred_at >= plan.begin,
        EventRow.occurred_at < plan.end,
        EventRow.type.in_(plan.types),
        ~EventRow.test,
    )
    if plan.resource is not None:
        query = query.where(EventRow.aggregate_type == plan.resource)
    found = {row["type"]: row["events"] for row in ctx.all(query.group_by(EventRow.type).dicts())}
    return {one: found[one] for one in plan.types if one in found}


def _shown(
    ctx: Context, plan: Plan, targets: Targets, counts: dict[str, int], job: Job | None
) -> Values:
    by_target: dict[str | UUID, int] = dict.fromkeys(plan.handlers, 0)
    by_target.update(dict.fromkeys((one for one, _ in targets.subscriptions), 0))
    for type_, number in counts.items():
        for handler in targets.handlers_of(ctx.registry, type_):
            by_target[handler] += number
        for subscription in targets.subscriptions_of(ctx.registry, type_):
            by_target[subscription] += number
    deliveries = sum(by_target.values())
    return {
        "jobId": None if job is None else job.id,
        "events": sum(counts.values()),
        "deliveries": deliveries,
        "seconds": -(-deliveries // plan.rate),
        "types": [{"type": one, "events": number} for one, number in counts.items()],
        "targets": [_target(one, number) for one, number in by_target.items()],
    }


def _target(target: str | UUID, number: int) -> dict[str, Any]:
    is_handler = isinstance(target, str)
    return {
        "handler": target if is_handler else None,
        "subscriptionId": None if is_handler else target,
        "deliveries": number,
    }

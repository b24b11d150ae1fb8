"""Activities: written down, changed, deleted; and what the system appends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from peewee import Select, fn

from sparx_core import Context, Occurrence, Resource, ValidationFailed, Values
from sparx_crm.errors.activities import EntryOfSystem
from sparx_crm.events.activities import ActivityCreated, ActivityDeleted, ActivityUpdated
from sparx_crm.models.activities import (
    CALL,
    CALL_OUTCOMES,
    EMAIL,
    LINKS,
    MEETING,
    MEETING_OUTCOMES,
    NOTE,
    SYSTEM,
    Activity,
)
from sparx_crm.operations.linking import add_implied, existing, require_link
from sparx_crm.schemas.activities import ActivityBody, ActivitySchema

#: The fields that activities of a type have of their own.
OWN = {
    NOTE: frozenset(),
    CALL: frozenset({"direction", "duration_seconds", "outcome"}),
    MEETING: frozenset({"starts_at", "ends_at", "location", "attendees", "outcome"}),
    EMAIL: frozenset({"direction", "sender", "recipients"}),
}
_OUTCOMES = {CALL: CALL_OUTCOMES, MEETING: MEETING_OUTCOMES}
_WIRE = {
    "direction": "direction",
    "duration_seconds": "durationSeconds",
    "outcome": "outcome",
    "starts_at": "startsAt",
    "ends_at": "endsAt",
    "location": "location",
    "attendees": "attendees",
    "sender": "sender",
    "recipients": "recipients",
}
_WRITTEN = tuple(ActivityBody().fields)

#: In the order of what happened. The links need no index of their own: the relations `timeline`
#: of what they lead to have one, in this order.
activities = Resource(
    "activities",
    Activity,
    ActivitySchema,
    filters=(
        *("type", "event", "occurredAt", "createdAt"),
        *(f"{name}Id" for name in (*LINKS, "owner")),
    ),
    sorts=("occurredAt", "createdAt"),
    order="-occurredAt",
    scanned=("type", "event", "createdAt", *(f"{name}Id" for name in LINKS)),
)


@activities.create(body=ActivityBody, emits=[ActivityCreated], raises=[])
def log_activity(ctx: Context, data: Values) -> Activity:
    """Write down a note, a call, a meeting or an e-mail.

    The customer, account and deal of an order, quote, deal or lead that it is linked to, and the
    account of the customer, are linked as well, unless the body says otherwise (`null`: to none).
    """
    _check(data["type"], data, data)
    add_implied(ctx, data)
    require_link(data)
    if data["type"] == MEETING:
        data.setdefault("occurred_at", data["starts_at"])
    activity = ctx.insert(Activity(**data, **_actor(ctx)))
    ctx.emit(ActivityCreated(activity))
    return activity


@activities.update(body=ActivityBody, emits=[ActivityUpdated], raises=[EntryOfSystem])
def change_activity(ctx: Context, activity: Activity, data: Values) -> Activity:
    """Change what somebody wrote down, but not its type. ``activity_immutable`` for an entry of
    the system.
    """
    _refuse_system(activity)
    if data.get("type", activity.type) != activity.type:
        raise ValidationFailed([("type", "Stays as it is: write down another one.")])
    before = {name: getattr(activity, name) for name in _WRITTEN}
    _check(activity.type, data, {**before, **data})
    require_link({**before, **data})
    if "starts_at" in data and activity.occurred_at == activity.starts_at:
        data.setdefault("occurred_at", data["starts_at"])
    changes = any(before[name] != value for name, value in data.items())
    ctx.update(activity, **data)
    if changes:
        ctx.emit(ActivityUpdated(activity))
    return activity


@activities.delete(emits=[ActivityDeleted], raises=[EntryOfSystem])
def delete_activity(ctx: Context, activity: Activity) -> None:
    """Delete what somebody wrote down. ``activity_immutable`` for an entry of the system."""
    _refuse_system(activity)
    ctx.delete(activity)
    ctx.emit(ActivityDeleted(activity))


def record_activity(
    ctx: Context,
    event: Occurrence,
    links: Mapping[str, Any],
    *,
    subject: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Append what an event tells to the timelines of ``links``; whether it was not there yet.

    For handlers, of other modules as well: ``record_activity(ctx, event, {"customer": id})``. An
    event is on the timelines once, however often this is called, by whichever handlers: it has the
    event's time and actor, and the owner of what it is about. ``links`` are ids by noun; those that
    are not there are left out, and nothing is appended if none is left.
    """
    # Handlers that have the same event at once come one after the other.
    key = fn.hashtextextended(str(event.id), 0)
    ctx.all(Select([], [fn.pg_advisory_xact_lock(key).cast("text")]))
    if ctx.first(Activity.select(Activity.id).where(Activity.event_id == event.id)) is not None:
        return False
    found, owner = existing(ctx, links)
    if not found:
        return False
    actor_type, _, told = event.actor.partition(":")
    row = {
        "type": SYSTEM,
        "event": event.type,
        "event_id": event.id,
        "occurred_at": event.occurred_at,
        "subject": None if subject is None else subject[:255],
        "details": dict(details or {}),
        "actor_type": actor_type or SYSTEM,
        "actor_id": UUID(told) if actor_type == "key" else None,
        "actor_name": event.actor_name,
        "owner": owner,
        **found,
    }
    ctx.insert(Activity(**row))
    return True


def _check(type_: str, sent: Values, whole: Values) -> None:
    """``ValidationFailed`` for what activities of a type do not have, or need."""
    own = OWN[type_]
    problems = [
        (wire, f"One of type {type_} has none.")
        for name, wire in _WIRE.items()
        if name not in own and sent.get(name)
    ]
    outcome = sent.get("outcome")
    if outcome is not None and "outcome" in own and outcome not in _OUTCOMES[type_]:
        problems.append(("outcome", f"Must be one of: {', '.join(_OUTCOMES[type_])}."))
    starts, ends = whole.get("starts_at"), whole.get("ends_at")
    if type_ == MEETING and starts is None:
        problems.append(("startsAt", "A meeting needs one."))
    elif starts is not None and ends is not None and ends < starts:
        problems.append(("endsAt", "Must not be before startsAt."))
    if type_ == NOTE and whole.get("body") is None:
        problems.append(("body", "A note needs one."))
    if problems:
        raise ValidationFailed(problems)


def _refuse_system(activity: Activity) -> None:
    if activity.type == SYSTEM:
        raise EntryOfSystem


def _actor(ctx: Context) -> Values:
    actor = ctx.actor
    return {"actor_type": actor.kind, "actor_id": actor.id, "actor_name": actor.name}

"""Making several customers, or accounts, one: in one transaction, so that it can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sparx_core import (
    Context,
    Event,
    Moved,
    NotFound,
    Removed,
    Resource,
    ValidationFailed,
    Values,
    move_references,
    rendered,
)
from sparx_crm.errors.merges import AlreadyMerged
from sparx_crm.models.merges import Merge
from sparx_crm.operations.combining import Rules, combined, plain
from sparx_crm.operations.merge_steps import Added, Steps, step_rows


@dataclass(frozen=True)
class Noun:
    """What can be merged. ``before`` makes room above the row that stays, ``add`` gives it what a
    duplicate was reached by, ``after`` computes what follows from its rows.
    """

    resource: Resource
    rules: Rules
    merged: type[Event]
    undone: type[Event]
    before: Callable[[Context, Any, Sequence[Any]], None]
    add: Callable[[Context, Any, Any], list[Added]]
    after: Callable[[Context, Any], None]

    @property
    def table(self) -> str:
        return self.resource.key


#: Merges wait for each other, and each may have much to move.
_PATIENCE = "SELECT set_config('lock_timeout', '8s', true)"


class _Rehearsed(Exception):
    """A dry run came to its end, and is rolled back."""


def merge_rows(ctx: Context, noun: Noun, data: Values) -> tuple[Values, Merge | None]:
    """Merge what a body names: the answer, and the merge, if it is no dry run."""
    primary_id, duplicate_ids, priority = _ids(data)
    rows = _locked(ctx, noun, [primary_id, *duplicate_ids])
    primary = rows[primary_id]
    duplicates = [rows[one] for one in priority if one != primary_id]
    trusted = [rows[one] for one in priority]
    if not data.get("dry_run", False):
        merge = _merge(ctx, noun, primary, duplicates, trusted)
        ctx.emit(noun.merged(primary))
        return _answer(ctx, noun, primary, merge, dry=False), merge
    answers: list[Values] = []

    def rehearse() -> None:
        merge = _merge(ctx, noun, primary, duplicates, trusted)
        answers.append(_answer(ctx, noun, primary, merge, dry=True))
        raise _Rehearsed

    try:
        ctx.flush()
        ctx.transaction.attempt(rehearse)
    except _Rehearsed:
        ctx.forget_all()
    return answers[0], None


def take_turns(ctx: Context) -> None:
    """One merge at a time: each may have to change rows that were merged into its own before."""
    ctx.transaction.scalar(_PATIENCE)
    ctx.transaction.take_turns("merges")


def _ids(data: Values) -> tuple[UUID, list[UUID], list[UUID]]:
    primary, duplicates = data["primary_id"], list(dict.fromkeys(data["duplicate_ids"]))
    problems: list[tuple[Any, str]] = [
        (("duplicateIds", place), "It is the primary one.")
        for place, one in enumerate(data["duplicate_ids"])
        if one == primary
    ]
    known = [primary, *duplicates]
    named = list(dict.fromkeys(data.get("priority", [])))
    problems += [
        (("priority", place), "It is none of those that are merged.")
        for place, one in enumerate(data.get("priority", []))
        if one not in known
    ]
    if problems:
        raise ValidationFailed(problems)
    return primary, duplicates, [*named, *(one for one in known if one not in named)]


def _locked(ctx: Context, noun: Noun, ids: list[UUID]) -> dict[UUID, Any]:
    """The rows, with whoever would refer to one of them waiting."""
    model: Any = noun.resource.model
    take_turns(ctx)
    query = model.select(model.id).where(model.id.in_(ids)).order_by(model.id)
    ctx.all(query.for_update("FOR UPDATE"))
    rows = {row.id: row for row in ctx.lock(model, "id", ids)}
    for row in rows.values():
        if row.merged_into is not None:
            raise AlreadyMerged(row.id, row.merged_into)
    missing = [one for one in ids if one not in rows or rows[one].trashed]
    if missing:
        raise NotFound(details={"ids": missing})
    return rows


def _merge(
    ctx: Context, noun: Noun, primary: Any, duplicates: list[Any], trusted: list[Any]
) -> Merge:
    columns: dict[str, Any] = type(primary)._meta.fields
    steps: Steps = []
    values = combined(noun.rules, primary, trusted)
    before = {name: getattr(primary, name) for name in columns}
    customs: dict[str, Any] = {}
    noun.before(ctx, primary, duplicates)
    for one in duplicates:
        steps += move_references(ctx, noun.table, one.id, primary.id)
        # Values of custom fields that one row alone may have come to the one that stays.
        customs[str(one.id)] = one.custom
        ctx.update(one, merged_into=primary.id, custom={})
        ctx.flush()
        ctx.delete(one)
    ctx.flush()
    ctx.update(primary, **values)
    ctx.flush()
    for one in duplicates:
        steps += noun.add(ctx, primary, one)
    noun.after(ctx, primary)
    changed = [
        name for name in columns if name not in _COMPUTED and getattr(primary, name) != before[name]
    ]
    merge = Merge(
        resource=noun.resource.name,
        primary=primary.id,
        duplicates=[str(one.id) for one in duplicates],
        moved=_counted(steps, Moved),
        removed=_counted(steps, Removed),
        changed_fields=[_wire(noun, name) for name in changed],
        changes={
            name: {
                "before": plain(before[name], columns[name]),
                "after": plain(getattr(primary, name), columns[name]),
            }
            for name in changed
        }
        | {DUPLICATES: customs},
        actor=str(ctx.actor),
    )
    ctx.insert(merge)
    ctx.insert_all(step_rows(merge.id, steps))
    ctx.flush()
    return merge


#: Among the changes of a merge, the custom fields of each duplicate.
DUPLICATES = "duplicates"
#: Changes of these are told by what they are computed from.
_COMPUTED = frozenset(
    ["version", "updated_at", "order_count", "total_spent", "first_order_at", "last_order_at"]
)


def _wire(noun: Noun, name: str) -> str:
    field = noun.resource.schema().fields.get(name)
    return name if field is None or field.data_key is None else str(field.data_key)


def _counted(steps: Steps, kind: type[Moved | Removed]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in steps:
        if isinstance(one, kind):
            counts[one.table] += len(one.ids) if isinstance(one, Moved) else 1
    return dict(sorted(counts.items()))


def _answer(ctx: Context, noun: Noun, primary: Any, merge: Merge, *, dry: bool) -> Values:
    return {
        "mergeId": None if dry else merge.id,
        "dryRun": dry,
        "primaryId": primary.id,
        "duplicateIds": merge.duplicates,
        "moved": merge.moved,
        "removed": merge.removed,
        "changedFields": merge.changed_fields,
        "primary": rendered(ctx, noun.resource, primary),
    }


def soon() -> datetime:
    """When every transaction that was open at a merge is over."""
    return datetime.now(UTC) + timedelta(seconds=60)

"""Modules on their way, as the deliveries tell that move their rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any
from uuid import UUID

from peewee import Case, fn

from sparx_core.activation.errors import NotYet, told
from sparx_core.activation.models import ACTIVATING, DEACTIVATING, Activation
from sparx_core.activation.schemas import RestoringSchema
from sparx_core.context import Context
from sparx_core.events.models import Delivery
from sparx_core.resources import CORE, Values

#: The handlers that end these states.
ARCHIVE, RESTORE = "core.archive_module", "core.restore_module"
_HANDLERS = {DEACTIVATING: ARCHIVE, ACTIVATING: RESTORE}
#: All but those of deliveries that are over: also of a dead one, which can be revived.
UNFINISHED = ("pending", "running", "retry", "blocked", "dead")
_FAILED = ("retry", "blocked", "dead")


def shown(ctx: Context, keys: Iterable[str]) -> list[Values]:
    """Installed modules as the API shows them."""
    rows = {row.module: row for row in ctx.all(Activation.select())}
    progress = _progress(ctx, [row for row in rows.values() if row.state in _HANDLERS])
    return [_shown(ctx, key, rows.get(key), progress) for key in keys]


def hurry(ctx: Context, row: Activation) -> None:
    """Let what failed for this module be tried again at once."""
    _try_again(ctx, Delivery.aggregate_id == row.id)


def hurry_waiting(ctx: Context) -> None:
    """Let modules go on that waited for another one."""
    _try_again(ctx, Delivery.last_error.startswith(NotYet.__name__))


def _try_again(ctx: Context, which: Any) -> None:
    own = (Delivery.module == CORE) & Delivery.handler.in_([ARCHIVE, RESTORE])
    again: dict[Any, Any] = {
        Delivery.state: "retry",
        Delivery.attempt: Case(None, [(Delivery.state == "dead", 0)], Delivery.attempt),
        Delivery.due_at: fn.clock_timestamp(),
        Delivery.rung_at: fn.clock_timestamp(),
        Delivery.updated_at: fn.clock_timestamp(),
    }
    failed = Delivery.update(again).where(own, Delivery.state.in_(_FAILED), which)
    found = ctx.run(failed.returning(Delivery.id))
    ctx.transaction.deliveries.extend(one.id for one in found)


def _progress(ctx: Context, rows: list[Activation]) -> dict[UUID, Values]:
    """How far each of these is; by the id of its row."""
    if not rows:
        return {}
    handlers = {row.id: _HANDLERS[str(row.state)] for row in rows}
    found: dict[UUID, Values] = {row.id: _progress_of(None) for row in rows}
    deliveries = Delivery.select().where(
        Delivery.module == CORE,
        Delivery.aggregate_id.in_(list(handlers)),
        Delivery.state.in_(UNFINISHED),
    )
    # The oldest that is not finished is at work: the others wait for it.
    for one in ctx.all(deliveries.order_by(Delivery.position.desc())):
        if one.handler == handlers[one.aggregate_id]:
            found[one.aggregate_id] = _progress_of(one)
    return found


def _progress_of(delivery: Any) -> Values:
    if delivery is None:
        return {"rowsDone": 0, "rowsTotal": None, "attempts": 0, "error": None}
    return {
        "rowsDone": delivery.rows_done or 0,
        "rowsTotal": delivery.rows_total,
        "attempts": delivery.attempt,
        "error": None if delivery.last_error is None else told(delivery.last_error),
    }


def _shown(ctx: Context, key: str, row: Any, progress: dict[UUID, Values]) -> Values:
    installed = ctx.registry.modules[key]
    changed_at = None if row is None else f"{row.updated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "key": key,
        "title": installed.module.title,
        "description": installed.module.description,
        "version": installed.version,
        "requires": list(installed.module.requires),
        "state": "inactive" if row is None else row.state,
        "changedAt": changed_at,
        "archivedRows": 0 if row is None else row.archived_rows,
        "progress": None if row is None else progress.get(row.id),
        "restored": None if row is None or row.restored is None else _in_order(row.restored),
    }


def _in_order(restored: Values) -> Values:
    """As the schema has it; jsonb sorts names in its own way."""
    return {name: restored[name] for name in RestoringSchema().fields}

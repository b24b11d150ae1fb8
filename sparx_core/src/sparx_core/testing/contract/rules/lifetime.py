"""Rules about activation: inactive means closed, and coming back brings back what was there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from peewee import PeeweeException

from sparx_core.auth.keys import bearer
from sparx_core.db.connection import original
from sparx_core.ids import uuid7
from sparx_core.testing.contract.rule import rule
from sparx_core.testing.contract.rules.reactions import emitting
from sparx_core.testing.contract.scene import Scene
from sparx_core.testing.contract.stage import Stage
from sparx_core.testing.contract.subject import Subject

#: What PostgreSQL calls a row that a policy refuses.
_REFUSED = "42501"
#: Rounds of events until a deactivation has to be over.
_ROUNDS = 20


@rule("inactive")
def inactive(subject: Subject) -> Iterator[str]:
    """Where the module is inactive no handler runs, and no row can be stored.

    Leave row-level security to the core: no policies, rules or triggers of your own that let rows
    in, or put them elsewhere.
    """
    stage = subject.stage
    scene = stage.scene("leaving", rows=1)
    _deactivate(stage, scene)
    for operation in emitting(subject):
        if operation.module != subject.key:
            scene.perform(operation)
    stage.run_events()
    handlers = [one.name for one in subject.handlers]
    for (name,) in stage.owner.rows(
        "SELECT DISTINCT handler FROM core.deliveries WHERE tenant_id = %s AND handler = ANY(%s)"
        " AND state NOT IN ('skipped', 'pending')",
        scene.tenant.tenant_id,
        handlers,
    ):
        yield f"{name} ran though the module was inactive"
    yield from _stored(stage, scene)


def _stored(stage: Stage, scene: Scene) -> Iterator[str]:
    """Rows of ``home``, tried to be stored in a tenant that has the module inactive."""
    rows = stage.rows(stage.home.tenant.tenant_id)
    for table, present in rows.items():
        content = json.loads(present[0]) if present else {}
        content |= {"tenant_id": str(scene.tenant.tenant_id), "id": str(uuid7())}
        before = stage.written()
        told = _insert(stage, scene, table, json.dumps(content))
        if told != _REFUSED:
            yield f"a row could be stored in {table}" if told is None else f"{table}: {told}"
        changed = stage.changed(before)
        if changed:
            yield f"storing a row in {table} wrote to {', '.join(changed)}"


def _insert(stage: Stage, scene: Scene, table: str, row: str) -> str | None:
    """Insert as the serving role, inside the tenant; the SQLSTATE of the refusal."""
    database = stage.runtime.database
    key = bearer(f"Bearer {scene.tenant.api_key}")
    try:
        with stage.runtime.as_key(key):
            database.execute_sql(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
                f" SELECT * FROM jsonb_populate_record(NULL::{table}, %s)",
                (row,),
            )
    except PeeweeException as error:
        inner = original(error)
        return str(inner.pgcode) if inner is not None else str(error)
    return None


def _deactivate(stage: Stage, scene: Scene) -> str | None:
    """Turn the module off and wait until it is; what was answered if that was refused."""
    path = f"/v1/modules/{stage.subject.key}"
    answer = scene.api.post(f"{path}/deactivate")
    if answer.status not in (200, 202):
        return f"deactivating is answered with {answer.status}: {answer.text}"
    for _ in range(_ROUNDS):
        stage.run_events()
        if _state(stage, scene) == "inactive":
            return None
    return f"after {_ROUNDS} rounds of events it is still {_state(stage, scene)}"


def _state(stage: Stage, scene: Scene) -> str:
    listed = scene.api.get("/v1/modules").data
    return next(str(one["state"]) for one in listed if one["key"] == stage.subject.key)


def _append_only(subject: Subject) -> bool:
    """Whether a table gives nothing back or takes nothing: such rows are not archived."""
    metas: list[Any] = [model._meta for model in subject.models]
    granted = [{one.strip().upper() for one in meta.grants.split(",")} for meta in metas]
    return not all(one >= {"SELECT", "INSERT", "UPDATE", "DELETE"} for one in granted)


@rule("restored")
def restored(subject: Subject) -> Iterator[str]:
    """Deactivating archives the rows, and activating brings back the same.

    Let sparx_activate look for what an earlier activation left before it writes, and let
    sparx_deactivate delete nothing: whoever comes back expects to find everything.
    """
    stage = subject.stage
    scene = stage.scene("returning")
    stage.settle()
    before = stage.rows(scene.tenant.tenant_id)
    problem = _deactivate(stage, scene)
    if problem:
        yield problem
        return
    left = stage.rows(scene.tenant.tenant_id)
    expected = before if _append_only(subject) else {table: [] for table in before}
    for table, rows in left.items():
        if rows != expected[table]:
            yield f"{table} has {len(rows)} rows while the module is inactive"
    answer = scene.api.post(f"/v1/modules/{subject.key}/activate")
    if answer.status not in (200, 202):
        yield f"activating again is answered with {answer.status}: {answer.text}"
        return
    stage.settle()
    after = stage.rows(scene.tenant.tenant_id)
    for table, rows in before.items():
        if after[table] != rows:
            yield (
                f"{table} has {len(after[table])} rows after it, and had {len(rows)} before"
                if len(after[table]) != len(rows)
                else f"{table} has other rows after it"
            )

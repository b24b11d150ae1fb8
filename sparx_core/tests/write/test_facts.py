"""Events are part of the change that they state: written with it, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest

from sparx_core import Conflict, Context, ValidationFailed, uuid7
from sparx_core.events.types import Event
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from ..probe.declared import (
    Control,
    Note,
    Probe,
    ProbeCreated,
    ProbeDeleted,
    ProbeUpdated,
)
from .conftest import Transaction

Watch = Callable[[], AbstractContextManager[None]]
PATH = "/v1/probe/probes"


def events_of(owner: Owner, tenant: NewTenant) -> list[tuple[Any, ...]]:
    """(type, payload) of the events of a tenant's probes, in order."""
    return owner.rows(
        "SELECT type, data FROM core.events WHERE tenant_id = %s AND type LIKE 'probe.%%'"
        " ORDER BY position",
        tenant.tenant_id,
    )


def test_event_carries_the_row_as_the_api_shows_it(
    api: Api, create_probe: Callable[..., Any], owner: Owner, tenant: NewTenant
) -> None:
    made = create_probe(code="c", content={"x": 1}, notes=[{"text": "a"}])
    changed = api.patch(f"{PATH}/{made['id']}", {"name": "two"}).data
    api.delete(f"{PATH}/{made['id']}")
    assert events_of(owner, tenant) == [
        ("probe.created", made),
        ("probe.updated", changed),
        ("probe.deleted", changed),
    ]


def test_a_deletion_is_told_as_it_was_although_rows_are_read_after_it(
    api: Api,
    create_probe: Callable[..., Any],
    transaction: Transaction,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    made = create_probe(notes=[{"text": "a"}])
    with transaction() as ctx:
        row = ctx.get(Probe, UUID(made["id"]))
        ctx.delete(row)
        ctx.emit(ProbeDeleted(row))
        assert ctx.all(Probe.select()) == []
        ctx.finish()
    assert events_of(owner, tenant) == [("probe.created", made), ("probe.deleted", made)]


def test_who_what_and_why_are_stored_with_the_event(
    api: Api, owner: Owner, tenant: NewTenant
) -> None:
    made = api.post(PATH, {"name": "x"}, headers={"X-Request-Id": "because-of-this"}).data
    key = api.get("/v1/me").data["actor"]["id"]
    ((kind, version, about, row, actor, request, depth),) = owner.rows(
        "SELECT type, event_version, aggregate_type, aggregate_id::text, actor, request_id, depth"
        " FROM core.events WHERE tenant_id = %s AND type LIKE 'probe.%%'",
        tenant.tenant_id,
    )
    assert (kind, version, about, row) == ("probe.created", 1, "probe.probes", made["id"])
    assert (actor, request, depth) == (f"key:{key}", "because-of-this", 0)


def test_several_events_keep_their_order(
    transaction: Transaction, owner: Owner, tenant: NewTenant, create_probe: Callable[..., Any]
) -> None:
    create_probe("old")
    emitted: list[type[Event]] = []
    with transaction() as ctx:
        row = ctx.first(Probe.select())
        for kind in (ProbeUpdated, ProbeDeleted, ProbeUpdated, ProbeCreated, ProbeUpdated):
            emitted.append(kind)
            ctx.emit(kind(row))
    assert [kind for kind, _ in events_of(owner, tenant)[1:]] == [kind.name for kind in emitted]


def test_payload_is_the_row_at_the_end_of_the_operation(
    transaction: Transaction, owner: Owner, tenant: NewTenant
) -> None:
    with transaction() as ctx:
        row = ctx.insert(Probe(name="first"))
        ctx.emit(ProbeCreated(row))
        ctx.update(row, name="last")
        ctx.insert(Note(probe=row.id, position=0, text="late"))
    ((_, payload),) = events_of(owner, tenant)
    assert (payload["name"], payload["notes"]) == ("last", [{"text": "late"}])


def test_payload_of_a_row_that_was_sent_before(
    transaction: Transaction, owner: Owner, tenant: NewTenant
) -> None:
    with transaction() as ctx:
        row = ctx.insert(Probe(name="first"))
        ctx.emit(ProbeCreated(row))
        ctx.flush()
        ctx.update(row, name="last")
        ctx.emit(ProbeUpdated(row))
    assert [(kind, payload["name"]) for kind, payload in events_of(owner, tenant)] == [
        ("probe.created", "last"),
        ("probe.updated", "last"),
    ]


@pytest.mark.parametrize("sent", [False, True], ids=["pending", "sent"])
def test_failing_operation_writes_no_row_no_event_and_takes_no_number(
    api: Api,
    control: Control,
    create_probe: Callable[..., Any],
    nothing_written: Watch,
    sent: bool,
) -> None:
    def fail(ctx: Context, row: Probe) -> Any:
        made = ctx.insert(Probe(name="lost"))
        ctx.emit(ProbeCreated(made))
        ctx.update(row, name="lost too")
        ctx.emit(ProbeUpdated(row))
        if sent:
            ctx.flush()
        raise Conflict("No.")

    control.operation = fail
    made = create_probe()
    with nothing_written():
        assert api.post(f"{PATH}/{made['id']}/do").status == 409
    assert create_probe("next")["number"] == "2"


def test_violation_in_the_last_statement_takes_the_event_with_it(
    transaction: Transaction, create_probe: Callable[..., Any], nothing_written: Watch
) -> None:
    def violate(ctx: Context) -> None:
        ctx.insert(Note(probe=ctx.first(Probe.select()).id, position=0, text="lost"))
        row = ctx.insert(Probe(name="x", code="taken"))
        ctx.emit(ProbeCreated(row))

    create_probe(code="taken")
    with nothing_written(), pytest.raises(Conflict), transaction() as ctx:
        violate(ctx)


def test_reference_to_nothing_is_found_at_the_end(
    transaction: Transaction, nothing_written: Watch
) -> None:
    with nothing_written(), pytest.raises(ValidationFailed) as raised, transaction() as ctx:
        ctx.insert(Probe(name="x", parent=uuid7()))
    assert [problem["field"] for problem in raised.value.details] == ["parentId"]

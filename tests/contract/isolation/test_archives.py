"""The rows of a module that is off: out of reach in its tables and in the archive, for all but one.

``off`` has switched the crm off, and the worker, who alone may reach them, has not come yet.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest

from .attempts import REFUSED, VERBS, Verb, attempt, inserting, new
from .situations import authenticate, forge, genuine, settings_of
from .world import World

OPEN = "SELECT core.open_module(%s, %s, %s)"
STORED = "SELECT (SELECT count(*) FROM crm.orders) + (SELECT count(*) FROM core.archives)"
HANDLER = "core.archive_module"


def in_off(world: World, cursor: Any) -> None:
    authenticate(cursor, world.off)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_archive_is_behind_the_gate_of_its_module(world: World, verb: Verb) -> None:
    def pretended(world: World, cursor: Any) -> None:
        authenticate(cursor, world.off)
        tenant, _, actor, signature, _ = settings_of(cursor)
        forge(cursor, tenant, ",core,crm,", actor, signature)

    own = dataclasses.replace(world, mine=world.off)
    assert world.owner.count("core.archives", world.off.tenant_id) == 1
    for situation in (in_off, pretended):
        with world.owner.nothing_written(*world.tenants):
            outcome = attempt(own, situation, verb.make(own, "core.archives"))
        assert outcome.nothing, outcome


def test_nothing_is_put_into_the_archive_of_a_module_that_is_off(world: World) -> None:
    for row in (world.row("core.archives", world.off), world.row("core.archives", world.mine)):
        row = {**new(row), "tenant_id": str(world.off.tenant_id), "position": 7}
        assert attempt(world, in_off, inserting("core.archives", row)).error == REFUSED
        row = {**row, "tenant_id": str(world.mine.tenant_id), "module": "loyalty"}
        assert attempt(world, genuine, inserting("core.archives", row)).error == REFUSED


# -- the worker's way in, and whom it lets in ------------------------------------------------------


@contextmanager
def claimed(world: World) -> Iterator[tuple[str, str, str]]:
    """The delivery, held by a worker, that archives the crm of ``off``: (id, token, pass)."""
    tenant = str(world.off.tenant_id)
    ((delivery,),) = world.owner.rows(
        "SELECT d.id::text FROM core.deliveries d"
        " JOIN core.events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id"
        " WHERE d.tenant_id = %s AND d.handler = %s AND e.data->>'module' = 'crm'",
        tenant,
        HANDLER,
    )
    connection = psycopg2.connect(world.runtime.urls.dispatch)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT token::text FROM core.claim_delivery(%s, %s, 60)", (delivery, tenant)
        )
        (token,) = cursor.fetchone()
        cursor.execute("SELECT core.delivery_pass(%s, %s, %s)", (delivery, tenant, token))
        (shown,) = cursor.fetchone()
        yield delivery, token, shown
        cursor.execute(
            "SELECT core.release_delivery(%s, %s, %s, 'retry', 'x', 0)", (delivery, tenant, token)
        )
    connection.close()


def entered(world: World, delivery: str, token: str, shown: str) -> Any:
    def situation(world: World, cursor: Any) -> None:
        tenant = str(world.off.tenant_id)
        cursor.execute(
            "SELECT slug FROM core.enter_delivery(%s, %s, %s, %s)",
            (delivery, tenant, token, shown),
        )
        assert cursor.fetchone() is not None

    return situation


def test_the_worker_that_holds_the_delivery_passes(world: World) -> None:
    with claimed(world) as (delivery, token, shown), world.owner.nothing_written(*world.tenants):
        handler = entered(world, delivery, token, shown)
        assert attempt(world, handler, STORED).rows == [(0,)]
        found = attempt(world, handler, (OPEN, (delivery, token, shown)), STORED)
        assert found.rows == [(",core,crm,",), (3,)]
        # For this transaction, and for nobody else meanwhile.
        assert attempt(world, handler, STORED).rows == [(0,)]
        assert attempt(world, in_off, STORED).rows == [(0,)]


def test_nobody_else_passes(world: World) -> None:
    """What SQL in a request can find out, or make, is not enough: the pass is the worker's."""
    with claimed(world) as (delivery, token, shown), world.owner.nothing_written(*world.tenants):
        handler = entered(world, delivery, token, shown)
        # In a request of the tenant, even with the pass.
        assert attempt(world, in_off, (OPEN, (delivery, token, shown))).error == REFUSED
        # As the handler, which the token lets in, without the pass, or with a wrong one.
        for other in ("", None, "x", shown[:-1], shown.upper()):
            assert attempt(world, handler, (OPEN, (delivery, token, other))).error == REFUSED
        # With the settings of the handler in another transaction, or in the tenant of another.
        assert attempt(world, genuine, (OPEN, (delivery, token, shown))).error == REFUSED
        for situation in (no_context, replayed(handler), in_their_tenant(handler)):
            assert attempt(world, situation, (OPEN, (delivery, token, shown))).error == REFUSED


def test_a_pass_is_for_one_delivery_of_one_tenant(world: World) -> None:
    with claimed(world) as (delivery, token, shown), world.owner.nothing_written(*world.tenants):
        handler = entered(world, delivery, token, shown)
        others = world.owner.rows(
            "SELECT id::text FROM core.deliveries WHERE id <> %s ORDER BY id LIMIT 5", delivery
        )
        for (other,) in others:
            assert attempt(world, handler, (OPEN, (other, token, shown))).error == REFUSED
            assert attempt(world, handler, (OPEN, (delivery, other, shown))).error == REFUSED


@pytest.mark.parametrize("state", ["active", "activating"])
def test_only_a_module_on_its_way_off_is_opened_to_be_archived(world: World, state: str) -> None:
    change = "UPDATE core.activations SET state = %s WHERE tenant_id = %s AND module = 'crm'"
    world.owner.execute(change, state, world.off.tenant_id)
    try:
        with claimed(world) as (delivery, token, shown):
            handler = entered(world, delivery, token, shown)
            assert attempt(world, handler, (OPEN, (delivery, token, shown))).error == REFUSED
    finally:
        world.owner.execute(change, "deactivating", world.off.tenant_id)


def test_another_handler_does_not_pass(world: World) -> None:
    """A delivery that SQL in a request has made up, of a handler that is none of these."""
    with claimed(world) as (delivery, token, shown):
        rename = "UPDATE core.deliveries SET handler = %s WHERE id = %s"
        world.owner.execute(rename, "crm.update_customer_statistics", delivery)
        try:
            handler = entered(world, delivery, token, shown)
            assert attempt(world, handler, (OPEN, (delivery, token, shown))).error == REFUSED
        finally:
            world.owner.execute(rename, HANDLER, delivery)


def test_a_lease_that_ran_out_does_not_pass(world: World) -> None:
    with claimed(world) as (delivery, token, shown):
        late = "UPDATE core.deliveries SET lease_until = now() + %s * interval '1 s' WHERE id = %s"

        def overtaken(world: World, cursor: Any) -> None:
            entered(world, delivery, token, shown)(world, cursor)
            world.owner.execute(late, -1, delivery)

        assert attempt(world, overtaken, (OPEN, (delivery, token, shown))).error == REFUSED
        world.owner.execute(late, 60, delivery)


def no_context(world: World, cursor: Any) -> None:
    pass


def replayed(handler: Any) -> Any:
    def situation(world: World, cursor: Any) -> None:
        handler(world, cursor)
        captured = settings_of(cursor)
        cursor.connection.commit()
        forge(cursor, *captured)

    return situation


def in_their_tenant(handler: Any) -> Any:
    def situation(world: World, cursor: Any) -> None:
        handler(world, cursor)
        forge(cursor, world.theirs.tenant_id)

    return situation

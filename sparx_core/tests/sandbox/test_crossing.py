"""Nothing crosses between a tenant and its sandbox, in neither direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner, SentWebhooks

from .conftest import Pair

MakeSandbox = Callable[[NewTenant], Pair]


@pytest.mark.parametrize("side", ["live", "test"])
def test_rows_of_the_other_side_are_not_there(
    pair: Pair, owner: Owner, run_events: DeliveryRun, side: str
) -> None:
    mine, theirs = (pair.live, pair.test) if side == "live" else (pair.test, pair.live)
    their_id = pair.test_id if side == "live" else pair.live_id
    row = theirs.post("/v1/probe/probes", {"name": "secret", "code": "C1"}).data
    run_events()
    path = f"/v1/probe/probes/{row['id']}"
    with owner.nothing_written(their_id):
        assert mine.get("/v1/probe/probes").data == []
        assert mine.get("/v1/search", params={"q": "secret"}).data == []
        for answer in (mine.get(path), mine.patch(path, {"name": "x"}), mine.delete(path)):
            assert (answer.status, answer.error["code"]) == (404, "not_found")
        assert mine.post("/v1/probe/probes", {"name": "x", "parentId": row["id"]}).status == 422
        about = {"resourceId": row["id"]}
        assert mine.get("/v1/audit", params=about).data == []
        assert row["id"] not in mine.get("/v1/events").text
    # What is unique is so on each side.
    assert mine.post("/v1/probe/probes", {"name": "mine", "code": "C1"}).status == 201
    assert theirs.get(path).data["name"] == "secret"


def test_events_and_webhooks_of_each_side_say_whose_they_are(
    pair: Pair, sent_webhooks: SentWebhooks
) -> None:
    for client, host in ((pair.live, "live"), (pair.test, "test")):
        sent = {"url": f"https://{host}.example.com/", "events": ["probe.*"]}
        assert client.post("/v1/webhooks/subscriptions", sent).status == 201
    for client, name in ((pair.live, "real"), (pair.test, "trial")):
        assert client.post("/v1/probe/probes", {"name": name}).status == 201
    told = {(one.url, one.json["livemode"], one.json["tenant_id"]) for one in sent_webhooks()}
    assert told == {
        ("https://live.example.com/", True, str(pair.live_id)),
        ("https://test.example.com/", False, str(pair.test_id)),
    }


def test_handlers_know_where_they_are(pair: Pair, run_events: DeliveryRun, control: Any) -> None:
    seen = []
    control.reaction = lambda ctx, event: seen.append((ctx.tenant.id, ctx.tenant.live))
    for client in (pair.live, pair.test):
        client.post("/v1/probe/probes", {"name": "x"})
    run_events()
    assert set(seen) == {(pair.live_id, True), (pair.test_id, False)}


def test_the_database_lets_nobody_cross(
    pair: Pair, make_sandbox: MakeSandbox, other_tenant: NewTenant, installation: Runtime,
    owner: Owner,
) -> None:  # fmt: skip
    """What injected SQL in a sandbox, or in its live tenant, could try with the functions there."""
    stranger = make_sandbox(other_tenant)
    tenants = (pair.live_id, pair.test_id, stranger.live_id, stranger.test_id)
    pair.live.post("/v1/probe/probes", {"name": "secret"})
    forbidden = (
        "SELECT core.tell_sandbox('{other}', 'core.empty_sandbox')",
        "SELECT core.store_sandbox_key('{other}', '{{}}', 'x')",
        "SELECT core.sandbox_of('{other}')",
        "SELECT core.emptied_tenant()",
        "SELECT core.empty_sandbox(gen_random_uuid(), gen_random_uuid(), 'x')",
    )
    with owner.nothing_written(*tenants):
        for client, other in ((pair.test, pair.live_id), (pair.live, stranger.test_id)):
            for attack in forbidden:
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    inside(installation, client, attack.format(other=other))
            forged = f"SELECT set_config('sparx.emptied', '{other}', true)"
            inside(installation, client, forged)
        assert inside(installation, pair.test, "SELECT name FROM probe.probes") == []
        assert inside(installation, pair.live, "SELECT core.live_modules()") == [(None,)]
    shown = inside(installation, pair.test, "SELECT id FROM core.show_sandbox()")
    assert shown == inside(installation, pair.live, "SELECT id FROM core.show_sandbox()")
    assert shown == [(pair.test_id,)]


def test_a_live_tenant_is_never_the_one_that_is_emptied(pair: Pair, installation: Runtime) -> None:
    pair.live.post("/v1/probe/probes", {"name": "kept"})
    pair.test.post("/v1/probe/probes", {"name": "gone"})
    with installation.as_owner() as database, database.atomic() as transaction:
        for tenant, expected in ((pair.live_id, []), (pair.test_id, [("gone",)])):
            database.execute_sql("SELECT set_config('sparx.emptied', %s, true)", (str(tenant),))
            deleted = database.execute_sql("DELETE FROM probe.probes RETURNING name")
            assert deleted.fetchall() == expected
        transaction.rollback()


def inside(runtime: Runtime, client: Api, sql: str) -> list[Any]:
    """What SQL answers as the serving role, in the tenant of a client; rolled back."""
    key = parse_key(client.key or "")
    assert key is not None
    connection = psycopg2.connect(runtime.urls.app)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tenant_id FROM core.authenticate(%s, %s, NULL, NULL)",
                (key.key_id, key.secret_hash),
            )
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        connection.rollback()
        connection.close()

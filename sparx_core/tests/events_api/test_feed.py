"""The feed: every event once, in order, whoever commits when."""

from __future__ import annotations

import base64
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

from sparx_core.auth.keys import parse_key
from sparx_core.events import feed
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from ..probe.declared import Probe, ProbeUpdated
from .conftest import FEED, PATIENCE, PROBES, get, types_of

Create = Callable[..., Any]

Rest = Callable[..., tuple[list[Any], str]]


@pytest.fixture
def rest_of(owner: Owner) -> Rest:
    """All that is behind a cursor, and where that ends; with what was committed until now, unless
    ``settled`` is False.
    """

    def read(api: Api, after: str, *, settled: bool = True, **query: Any) -> Any:
        if settled:
            owner.settle()
        found: list[Any] = []
        while True:
            page = get(api, FEED, after=after, **query)
            found += page.data
            after = page.meta["next_cursor"]
            if not page.meta["has_more"]:
                return found, after

    return read


@pytest.fixture
def bystander(installation: Runtime) -> Iterator[Any]:
    """A connection that has a transaction of its own: it has written something, or will."""
    connection = psycopg2.connect(installation.urls.require_owner())
    yield connection
    connection.rollback()
    connection.close()


def number_of(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return int(cursor.fetchone()[0])


def test_feed_from_the_beginning_is_every_event_in_order(
    api: Api, create_probe: Create, other_api: Api, rest_of: Rest
) -> None:
    one = create_probe("one")
    create_probe("theirs", other_api)
    api.patch(f"{PROBES}/{one['id']}", {"name": "ONE"})
    api.delete(f"{PROBES}/{one['id']}")
    whole, end = rest_of(api, "beginning")
    assert types_of_rows(whole) == [
        "module.activated", "module.activated", "probe.created", "probe.updated", "probe.deleted"
    ]  # fmt: skip
    assert whole == get(api, "/v1/events", public="true").data[::-1]
    assert rest_of(api, "beginning", take=1)[0] == whole
    assert rest_of(api, end)[0] == []


def types_of_rows(rows: list[Any]) -> list[str]:
    return [one["type"] for one in rows]


def test_feed_without_a_cursor_begins_now(
    api: Api, create_probe: Create, rest_of: Rest, owner: Owner
) -> None:
    create_probe("before")
    owner.settle()
    page = api.get(FEED)
    assert (page.data, page.meta["has_more"], set(page.meta)) == (
        [], False, {"next_cursor", "has_more"}
    )  # fmt: skip
    after = create_probe("after")
    found, end = rest_of(api, page.meta["next_cursor"])
    assert [one["data"] for one in found] == [after]
    # Nothing new, and still there is a cursor to go on from.
    empty = get(api, FEED, after=end)
    assert (empty.data, empty.meta["has_more"]) == ([], False)
    again = create_probe("again")
    assert [one["data"] for one in rest_of(api, empty.meta["next_cursor"])[0]] == [again]


def test_filters_of_the_feed(
    api: Api, create_probe: Create, owner: Owner, tenant: NewTenant, rest_of: Rest
) -> None:
    one, two = create_probe("one"), create_probe("two")
    api.patch(f"{PROBES}/{one['id']}", {"name": "ONE"})
    owner.execute("UPDATE core.events SET test = true WHERE aggregate_id = %s", two["id"])
    owner.execute(
        "UPDATE core.events SET public = false WHERE tenant_id = %s AND type = 'module.activated'",
        tenant.tenant_id,
    )
    facts = ["probe.created", "probe.updated"]
    assert types_of_rows(rest_of(api, "beginning")[0]) == facts
    examples, _ = rest_of(api, "beginning", test="true")
    assert [one["test"] for one in examples] == [False, True, False]
    assert types_of_rows(rest_of(api, "beginning", type="probe.*")[0]) == facts
    assert types_of_rows(rest_of(api, "beginning", type="*")[0]) == facts
    assert types_of_rows(rest_of(api, "beginning", type="key.*,probe.updated")[0]) == facts[1:]
    assert types_of_rows(rest_of(api, "beginning", type="nothing.*")[0]) == []
    assert types_of_rows(rest_of(api, "beginning", resource="probe.probes")[0]) == facts
    assert types_of_rows(rest_of(api, "beginning", resource="core.keys")[0]) == []


def test_feed_shows_what_the_key_may_read(
    create_probe: Create, key_for: Callable[..., Api], rest_of: Rest
) -> None:
    create_probe()
    core, both = key_for("read:core"), key_for("read:core", "read:probe")
    assert "probe.created" not in types_of_rows(rest_of(core, "beginning")[0])
    assert "probe.created" in types_of_rows(rest_of(both, "beginning")[0])


def test_few_of_many_are_found_page_by_page(
    api: Api,
    create_probe: Create,
    monkeypatch: pytest.MonkeyPatch,
    installation: Runtime,
    rest_of: Rest,
) -> None:
    ids = [create_probe(name)["id"] for name in "abcd"]
    for one in ids[:3]:
        api.patch(f"{PROBES}/{one}", {"name": "x"})
    monkeypatch.setattr(feed, "SCAN", 3)
    installation.statements._statements.clear()
    found, _ = rest_of(api, "beginning", type="probe.updated")
    assert [one["resourceId"] for one in found] == ids[:3]
    # Nothing among the three that were looked at, and more behind them.
    page = get(api, FEED, after="beginning", type="probe.updated")
    assert (page.data, page.meta["has_more"]) == ([], True)
    assert len(rest_of(api, "beginning", take=2)[0]) == 9
    installation.statements._statements.clear()


# -- cursors ---------------------------------------------------------------------------------------


def cursor(payload: Any) -> str:
    raw = json.dumps(payload).encode()
    checked = zlib.crc32(raw).to_bytes(4, "big") + raw
    return base64.urlsafe_b64encode(checked).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "", "x", "end", "BEGINNING", "äöü", "=" * 9, "A" * 5000, cursor([]), cursor(["feed", 1]),
        cursor(["feed", -1, 0]), cursor(["feed", 2**63, 0]), cursor(["feed", 1, 2**64]),
        cursor(["feed", "1", 2]), cursor(["list", 1, 2]), cursor({}), cursor(["feed", 1.5, 0]),
        cursor(["feed", 1, 2])[:-1], "00000000" + cursor(["feed", 1, 2])[8:],
    ],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(api: Api, after: str) -> None:
    answer = get(api, FEED, after=after)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")
    assert answer.error["details"] == {"parameter": "after"}


def test_a_list_and_the_feed_have_cursors_of_their_own(api: Api, create_probe: Create) -> None:
    create_probe()
    of_list = get(api, "/v1/events", take=1).meta["next_cursor"]
    of_feed = api.get(FEED).meta["next_cursor"]
    assert get(api, FEED, after=of_list).status == 400
    assert get(api, "/v1/events", cursor=of_feed).status == 400


@pytest.mark.parametrize(
    "query",
    ["take=0", "take=251", "take=x", "type=", "type=order", "type=*.created", "type=a.b&type=c.d",
     "type=" + ",".join(["a.b"] * 101), "test=1", "cursor=x", "fields=id", "unknown=1"],
)  # fmt: skip
def test_what_is_no_query_of_the_feed_is_refused(api: Api, query: str) -> None:
    answer = api.get(FEED, query=query)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")
    assert answer.error["details"] == {"parameter": query.partition("=")[0]}


# -- who commits when ------------------------------------------------------------------------------


def test_what_may_still_come_is_waited_for(
    api: Api, create_probe: Create, bystander: Any, rest_of: Rest
) -> None:
    _, start = rest_of(api, "beginning")
    number_of(bystander)
    made = create_probe()
    early, middle = rest_of(api, start, settled=False)
    assert early == [], "a transaction that began before it is still open"
    assert types_of(get(api, "/v1/events", resource="probe.probes")) == ["probe.created"]
    bystander.rollback()
    for cursor in (start, middle):
        found, end = rest_of(api, cursor)
        assert [one["data"] for one in found] == [made]
    assert rest_of(api, end)[0] == []


def test_events_of_a_row_keep_their_order_whatever_began_first(
    api: Api,
    create_probe: Create,
    installation: Runtime,
    tenant: NewTenant,
    bystander: Any,
    rest_of: Rest,
) -> None:
    """The second writer is the older transaction, and one between the two ends last."""
    probe = create_probe("zero")
    _, start = rest_of(api, "beginning")
    began, go, numbers = threading.Event(), threading.Event(), []

    def write_second() -> None:
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            numbers.append(int(ctx.transaction.scalar("SELECT pg_current_xact_id()::text")))
            began.set()
            assert go.wait(PATIENCE)
            (row,) = ctx.lock(Probe, "id", [probe["id"]])
            ctx.update(row, name="second")
            ctx.emit(ProbeUpdated(row))
            ctx.finish()
        installation.database.close()

    writer = threading.Thread(target=write_second)
    writer.start()
    assert began.wait(PATIENCE)
    numbers.append(number_of(bystander))
    api.patch(f"{PROBES}/{probe['id']}", {"name": "first"})
    go.set()
    writer.join(PATIENCE)
    assert numbers == sorted(numbers)
    # The first one's transaction is not known to be over: so the second one has to wait as well.
    early, cursor = rest_of(api, start, settled=False)
    bystander.rollback()
    late, _ = rest_of(api, cursor)
    assert [one["data"]["name"] for one in early + late] == ["first", "second"]
    assert early == []

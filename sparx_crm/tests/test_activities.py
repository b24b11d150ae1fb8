"""Activities that people write down: what each type has, who may see it, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api, DeliveryRun, Owner, StatementLog

PATH = "/v1/crm/activities"
NOW_ON = {"startsAt": "2026-06-05T10:00:00Z", "endsAt": "2026-06-05T11:00:00Z"}
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def log(api: Api, customer: Any) -> Callable[..., Any]:
    """Writes something down about the customer."""

    def write(type_: str = "note", client: Api | None = None, **more: Any) -> Any:
        body = {"body": "Called back."} if type_ == "note" else {}
        sent = {"type": type_, "customerId": customer["id"], **body, **more}
        return (client or api).post(PATH, sent).data

    return write


def told(owner: Owner, tenant: Any) -> list[str]:
    """The events about activities, in their order."""
    rows = owner.rows(
        "SELECT type FROM core.events WHERE tenant_id = %s AND type LIKE 'activity.%%'"
        " ORDER BY position",
        tenant.tenant_id,
    )
    return [type_ for (type_,) in rows]


def test_a_note_is_on_the_timeline(
    api: Api, customer: Any, log: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    written = log(body="Wants a quote.", occurredAt="2026-06-05T10:00:00Z")
    assert (written["type"], written["body"]) == ("note", "Wants a quote.")
    assert written["occurredAt"] == "2026-06-05T10:00:00Z"
    assert written["actor"]["type"] == "key"
    assert written["actor"]["name"]
    assert (written["event"], written["eventId"], written["details"]) == (None, None, {})
    (listed,) = api.get(PATH, params={"customerId": customer["id"]}).data
    assert listed == written == api.get(f"{PATH}/{written['id']}").data
    shown = api.get(f"/v1/crm/customers/{customer['id']}", params={"include": "timeline"}).data
    assert shown["timeline"] == [written]
    assert told(owner, tenant) == ["activity.created"]


@pytest.mark.parametrize(
    ("type_", "own"),
    [
        ("call", {"direction": "inbound", "durationSeconds": 340, "outcome": "connected"}),
        (
            "meeting",
            {
                **NOW_ON,
                "location": "Oakland",
                "outcome": "no_show",
                "attendees": [{"name": "Ann", "email": "ann@example.com"}, {"name": "Bob"}],
            },
        ),
        (
            "email",
            {
                "direction": "outbound",
                "subject": "Your quote",
                "sender": "sales@example.com",
                "recipients": ["ann@example.com", "bob@example.com"],
            },
        ),
    ],
)
def test_what_each_type_has_of_its_own(
    api: Api, log: Callable[..., Any], type_: str, own: dict[str, Any]
) -> None:
    written = log(type_, **own)
    assert {name: written[name] for name in own} == own
    assert api.get(f"{PATH}/{written['id']}").data == written
    if type_ == "meeting":
        assert written["occurredAt"] == NOW_ON["startsAt"], "it is there when it takes place"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"type": "note"}, "body"),
        ({"type": "note", "body": " "}, "body"),
        ({"type": "note", "body": "x" * 10_001}, "body"),
        ({"type": "system", "body": "x"}, "type"),
        ({"body": "x"}, "type"),
        ({"type": "note", "body": "x", "customerId": None}, "customerId"),
        ({"type": "note", "body": "x", "customerId": NOBODY}, "customerId"),
        ({"type": "note", "body": "x", "orderId": NOBODY}, "orderId"),
        ({"type": "note", "body": "x", "ownerId": NOBODY}, "ownerId"),
        ({"type": "note", "body": "x", "durationSeconds": 3}, "durationSeconds"),
        ({"type": "note", "body": "x", "attendees": [{"name": "Ann"}]}, "attendees"),
        ({"type": "note", "body": "x", "occurredAt": None}, "occurredAt"),
        ({"type": "note", "body": "x", "event": "order.created"}, "event"),
        ({"type": "call", "durationSeconds": -1}, "durationSeconds"),
        ({"type": "call", "durationSeconds": 86_401}, "durationSeconds"),
        ({"type": "call", "outcome": "no_show"}, "outcome"),
        ({"type": "call", "startsAt": NOW_ON["startsAt"]}, "startsAt"),
        ({"type": "meeting"}, "startsAt"),
        ({"type": "meeting", **NOW_ON, "endsAt": "2026-06-05T09:59:59Z"}, "endsAt"),
        ({"type": "meeting", **NOW_ON, "outcome": "busy"}, "outcome"),
        ({"type": "meeting", **NOW_ON, "attendees": [{"email": "a@example.com"}]}, "attendees"),
        ({"type": "email", "sender": "nobody"}, "sender"),
        ({"type": "email", "recipients": ["ann@example.com", 3]}, "recipients"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(
    api: Api,
    customer: Any,
    nothing_written: Callable[[], AbstractContextManager[None]],
    sent: dict[str, Any],
    field: str,
) -> None:
    with nothing_written():
        answer = api.post(PATH, {"customerId": customer["id"], **sent})
    assert (answer.status, answer.error["code"]) == (422, "validation_error")
    named = [one["field"].split(".")[0].split("[")[0] for one in answer.error["details"]]
    assert named == [field], answer.text


def test_an_order_brings_its_customer_along(
    api: Api, customer: Any, place_order: Callable[..., Any]
) -> None:
    order = place_order(customer)
    sent = {"type": "note", "body": "Packed.", "orderId": order["id"]}
    written = api.post(PATH, sent).data
    assert (written["orderId"], written["customerId"]) == (order["id"], customer["id"])
    alone = api.post(PATH, {**sent, "customerId": None}).data
    assert alone["customerId"] is None
    assert [one["id"] for one in api.get(PATH, params={"orderId": order["id"]}).data] == [
        alone["id"], written["id"],
    ]  # fmt: skip
    shown = api.get(f"/v1/crm/orders/{order['id']}", params={"include": "timeline"}).data
    assert [one["id"] for one in shown["timeline"]] == [alone["id"], written["id"]]


def test_changing_it(
    api: Api,
    customer: Any,
    create_customer: Callable[..., Any],
    log: Callable[..., Any],
    owner: Owner,
    tenant: Any,
) -> None:
    written = log("meeting", **NOW_ON, body="About pumps.")
    path = f"{PATH}/{written['id']}"
    other = create_customer("Bob")
    later = {"startsAt": "2026-06-06T10:00:00Z", "endsAt": "2026-06-06T10:30:00Z"}
    changed = api.patch(path, {**later, "customerId": other["id"], "body": None}).data
    assert (changed["occurredAt"], changed["body"]) == (later["startsAt"], None)
    assert changed["version"] == 2
    assert api.get(PATH, params={"customerId": customer["id"]}).data == []
    again = api.patch(path, {**later, "type": "meeting"}).data
    assert again == changed, "the same once more is no change"
    for body, field in (
        ({"type": "note"}, "type"),
        ({"customerId": None}, "customerId"),
        ({"endsAt": "2026-06-06T09:00:00Z"}, "endsAt"),
        ({"startsAt": None}, "startsAt"),
        ({"direction": "inbound"}, "direction"),
    ):
        answer = api.patch(path, body)
        assert answer.status == 422, body
        assert [one["field"] for one in answer.error["details"]] == [field]
    assert api.get(path).data == changed
    assert told(owner, tenant) == ["activity.created", "activity.updated"]


def test_deleting_it(api: Api, log: Callable[..., Any], owner: Owner, tenant: Any) -> None:
    path = f"{PATH}/{log()['id']}"
    assert api.delete(path).status == 200
    assert (api.get(path).status, api.delete(path).status) == (404, 404)
    assert told(owner, tenant) == ["activity.created", "activity.deleted"]


def test_newest_first_by_when_it_happened(
    api: Api,
    customer: Any,
    log: Callable[..., Any],
    query_count: Callable[[], AbstractContextManager[StatementLog]],
) -> None:
    days = ["2026-06-03", "2026-06-01", "2026-06-05", "2026-06-05", "2026-06-02"]
    made = [log(body=day, occurredAt=f"{day}T08:00:00Z") for day in days]
    log("call", occurredAt="2026-06-04T08:00:00Z")
    wanted = [made[place]["id"] for place in (3, 2, 0, 4, 1)]
    asked = {"customerId": customer["id"], "type": "note", "take": "2"}
    for _ in range(2):  # what is prepared on first use is one statement from then on
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            with query_count() as statements:
                page = api.get(PATH, params={**asked, **cursor})
            assert page.meta["total"] == 5
            seen += [one["id"] for one in page.data]
            if page.meta["next_cursor"] is None:
                break
            cursor = {"cursor": page.meta["next_cursor"]}
        assert seen == wanted
    assert statements.count == 1, statements.statements
    since = api.get(PATH, params={"occurredAt[gte]": "2026-06-04T00:00:00Z"}).data
    assert [one["type"] for one in since] == ["note", "note", "call"]
    oldest = api.get(PATH, params={"sort": "occurredAt", "take": "1"}).data
    assert oldest[0]["id"] == wanted[-1]


def test_nobody_elses(
    api: Api,
    other_api: Api,
    customer: Any,
    log: Callable[..., Any],
    create_customer: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    mine = log()
    theirs = create_customer("Ann", client=other_api)
    log(client=other_api, customerId=theirs["id"], body="Theirs.")
    assert [one["id"] for one in api.get(PATH).data] == [mine["id"]]
    path = f"{PATH}/{mine['id']}"
    with nothing_written():
        assert other_api.get(path).status == 404
        assert other_api.patch(path, {"body": "x"}).status == 404
        assert other_api.delete(path).status == 404
        answer = api.post(PATH, {"type": "note", "body": "x", "customerId": theirs["id"]})
        moved = api.patch(path, {"customerId": theirs["id"]})
    for refused in (answer, moved):
        assert refused.status == 422
        assert [one["field"] for one in refused.error["details"]] == ["customerId"]
    assert other_api.get(PATH, params={"customerId": customer["id"]}).data == []


def test_a_read_only_key_writes_nothing_down(
    api: Api, anonymous: Api, customer: Any, log: Callable[..., Any]
) -> None:
    log()
    made = api.post("/v1/keys", {"name": "Reader", "scopes": ["read:crm"]}).data
    reader = anonymous.with_key(made["key"])
    assert len(reader.get(PATH).data) == 1
    refused = reader.post(PATH, {"type": "note", "body": "x", "customerId": customer["id"]})
    assert (refused.status, refused.error["code"]) == (403, "insufficient_scope")


def test_module_off(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    log: Callable[..., Any],
    run_events: DeliveryRun,
    activate: Callable[..., None],
    deactivate: Callable[..., None],
) -> None:
    log()
    place_order(customer)
    run_events()
    before = api.get(PATH).data
    deactivate("crm")
    assert api.get(PATH).error["code"] == "module_disabled"
    activate("crm")
    assert api.get(PATH).data == before

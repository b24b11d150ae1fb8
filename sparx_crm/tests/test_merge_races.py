"""Merges beside other merges, beside orders that are placed, and of somebody who bought a lot."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from sparx_core.testing import Api, DeliveryRun, Owner

CUSTOMERS = "/v1/crm/customers"


def merge(api: Api, primary: Any, duplicate: Any) -> Any:
    body = {"primaryId": primary["id"], "duplicateIds": [duplicate["id"]]}
    return api.post(f"{CUSTOMERS}/merge", body)


def orders_of(api: Api, customer: Any) -> int:
    query = f"customerId={customer['id']}&take=250"
    return len(api.get("/v1/crm/orders", query=query).data)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    answers: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        answers[number] = calls[number]()

    threads = [Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_crossing_merges_end_with_one(
    api: Api, create_customer: Callable[..., Any], place_order: Callable[..., Any], owner: Owner,
    tenant: Any,
) -> None:  # fmt: skip
    people = [create_customer(f"P{number}") for number in range(4)]
    for one in people:
        place_order(one)
    calls = []
    for number in range(20):
        first, second = people[number % 4], people[(number + 1 + number // 4 % 3) % 4]
        calls.append(lambda a=first, b=second: merge(api, a, b))
    answers = at_once(*calls)
    assert {one.status for one in answers} <= {200, 409}, [one.text for one in answers]
    assert [one.status for one in answers].count(200) == 3
    (left,) = api.get(CUSTOMERS).data
    assert (left["orderCount"], orders_of(api, left)) == (4, 4)
    assert len(api.get(f"{CUSTOMERS}/{left['id']}").data["mergedIds"]) == 3


def test_orders_placed_meanwhile_are_not_lost(
    api: Api, create_customer: Callable[..., Any], place_order: Callable[..., Any],
    run_events: DeliveryRun, owner: Owner, tenant: Any,
) -> None:  # fmt: skip
    """Whoever places one for the duplicate is refused, or the order is the primary one's: at once,
    or after the sweep that follows every merge."""
    ann, bob = create_customer("Ann"), create_customer("Bob")
    body = {
        "customerId": bob["id"],
        "items": [{"sku": "S", "name": "S", "quantity": 1, "unitPrice": 1}],
    }
    calls: list[Callable[[], Any]] = [lambda: api.post("/v1/crm/orders", body)] * 19
    calls.insert(9, lambda: merge(api, ann, bob))
    answers = at_once(*calls)
    assert {one.status for one in answers} <= {200, 201, 422}, [one.text for one in answers]
    owner.execute(
        "UPDATE core.deliveries SET due_at = now() WHERE tenant_id = %s", tenant.tenant_id
    )
    run_events()
    placed = [one for one in answers if one.status == 201]
    assert orders_of(api, ann) == len(placed)
    assert api.get(f"{CUSTOMERS}/{ann['id']}").data["orderCount"] == len(placed)


def test_a_thousand_orders_move_and_come_back(
    api: Api, create_customer: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    ann, bob = create_customer("Ann"), create_customer("Bob")
    owner.execute(
        "INSERT INTO crm.orders (tenant_id, id, customer_id, number, currency, subtotal, total)"
        " SELECT %s, gen_random_uuid(), %s, n, 'USD', 10000, 10000"
        " FROM generate_series(1, 1000) n",
        tenant.tenant_id,
        bob["id"],
    )
    done = merge(api, ann, bob)
    assert done.status == 200, done.text
    assert done.data["moved"]["crm.orders"] == 1_000
    assert done.data["primary"]["orderCount"] == 1_000
    assert api.post(f"/v1/crm/merges/{done.data['mergeId']}/undo").status == 200
    count = "SELECT count(*) FROM crm.orders WHERE tenant_id = %s AND customer_id = %s"
    assert owner.value(count, tenant.tenant_id, bob["id"]) == 1_000

"""What a customer ordered in all: kept by a worker, and exact however often it runs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from threading import Thread
from typing import Any

from sparx_core.testing import Api, DeliveryRun, Owner, TenantMaker

PATH = "/v1/crm/customers"


def statistics(api: Api, customer: Any) -> tuple[Any, ...]:
    found = api.get(f"{PATH}/{customer['id']}").data
    return (
        found["orderCount"],
        found["totalSpent"],
        found["firstOrderAt"],
        found["lastOrderAt"],
    )


def test_kept_by_a_worker_and_never_in_the_request(
    api: Api, customer: Any, place_order: Callable[..., Any], run_events: DeliveryRun
) -> None:
    order = place_order(customer, "12.34")
    assert statistics(api, customer) == (0, 0, None, None)
    run_events()
    placed_at = order["createdAt"]
    assert statistics(api, customer) == (1, Decimal("12.34"), placed_at, placed_at)
    assert '"totalSpent":12.34,' in api.get(f"{PATH}/{customer['id']}").text


def test_exact_over_many_orders_and_customers(
    api: Api,
    create_customer: Callable[..., Any],
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
    owner: Owner,
) -> None:
    ann, bob, nobody = (create_customer(name) for name in ("Ann", "Bob", "Nobody"))
    orders = [place_order(ann, f"{number}.07") for number in range(1, 11)]
    place_order(bob, 5)
    owner.execute(
        "UPDATE crm.orders SET created_at = '2020-02-29T12:00:00Z' WHERE id = %s", orders[4]["id"]
    )
    run_events()
    assert statistics(api, ann) == (
        10, Decimal("55.70"), "2020-02-29T12:00:00Z", orders[-1]["createdAt"],
    )  # fmt: skip
    assert statistics(api, bob)[:2] == (1, 5)
    assert statistics(api, nobody) == (0, 0, None, None)


def test_running_twice_changes_nothing(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
) -> None:
    for _ in range(3):
        place_order(customer)
    run_events()
    once = statistics(api, customer)
    version = api.get(f"{PATH}/{customer['id']}").data["version"]
    for _ in range(2):
        owner.execute(
            "UPDATE core.deliveries SET state = 'pending', due_at = now() WHERE tenant_id = %s",
            tenant.tenant_id,
        )
        run_events()
    assert statistics(api, customer) == once
    assert once[:2] == (3, 30)
    again = api.get(f"{PATH}/{customer['id']}").data["version"]
    assert again == version, "what did not change was written"


def test_order_of_the_events_does_not_matter(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
) -> None:
    for price in (1, 2, 3):
        place_order(customer, price)
    run_events.dispatcher.deliver(run_events.due()[::-1])
    run_events()
    assert statistics(api, customer)[:2] == (3, 6)


def test_workers_at_once_lose_nothing(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
) -> None:
    for _ in range(12):
        place_order(customer)
    due = run_events.due()
    threads = [
        Thread(target=run_events.dispatcher.deliver, args=(due[number::4],)) for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_events()
    run_events.make_due()
    run_events()
    assert statistics(api, customer)[:2] == (12, 120)
    told = owner.rows(
        "SELECT state, count(*) FROM core.deliveries WHERE handler = %s AND tenant_id = %s"
        " GROUP BY 1",
        "crm.update_customer_statistics",
        tenant.tenant_id,
    )
    assert told == [("done", 12)]


def test_currencies_are_never_added(
    api: Api, customer: Any, place_order: Callable[..., Any], run_events: DeliveryRun
) -> None:
    for currency, price in (("USD", "10.50"), ("EUR", 99), ("JPY", 5000), ("USD", "0.25")):
        place_order(customer, price, currency=currency)
    run_events()
    count, spent, _, _ = statistics(api, customer)
    assert (count, spent) == (4, Decimal("10.75"))
    assert api.get(f"{PATH}/{customer['id']}").data["currency"] == "USD"


def test_spent_in_the_currency_that_the_tenant_had(
    new_tenant: TenantMaker,
    anonymous: Api,
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
) -> None:
    api = anonymous.with_key(new_tenant(currency="BHD").api_key)
    customer = api.post(PATH, {"name": "Ali"}).data
    place_order(customer, "1.2345", client=api)
    place_order(customer, "1.2345", client=api)
    run_events()
    assert statistics(api, customer)[:2] == (2, Decimal("2.470"))
    assert '"totalSpent":2.470,' in api.get(f"{PATH}/{customer['id']}").text


def test_cancelled_orders_do_not_count(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
    owner: Owner,
) -> None:
    cancelled = place_order(customer, 100)
    owner.execute("UPDATE crm.orders SET status = 'cancelled' WHERE id = %s", cancelled["id"])
    place_order(customer, 7)
    run_events()
    assert statistics(api, customer)[:2] == (1, 7)


def test_other_tenants_customers_are_not_touched(
    api: Api,
    other_api: Api,
    create_customer: Callable[..., Any],
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
) -> None:
    mine, theirs = create_customer(), create_customer(client=other_api)
    place_order(mine, 3)
    place_order(theirs, 4, client=other_api)
    place_order(theirs, 5, client=other_api)
    run_events()
    assert statistics(api, mine)[:2] == (1, 3)
    assert statistics(other_api, theirs)[:2] == (2, 9)


def test_statistics_announce_no_change_of_the_customer(
    customer: Any,
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
) -> None:
    place_order(customer)
    run_events()
    types = owner.rows("SELECT type FROM core.events WHERE tenant_id = %s", tenant.tenant_id)
    assert ("customer.updated",) not in types


def test_module_that_was_off_when_the_worker_came_leaves_the_customer_alone(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
    activate: Callable[..., None],
    deactivate: Callable[..., None],
) -> None:
    place_order(customer)
    deactivate("crm")
    run_events()
    states = run_events.states()
    assert states.pop("done") == 2, "the core has archived the rows, and called off webhooks"
    assert set(states) == {"skipped"}, "no handler of the module has run"
    activate("crm")
    assert statistics(api, customer) == (0, 0, None, None)
    place_order(customer)
    run_events()
    assert statistics(api, customer)[:2] == (2, 20), "the next order counts all"

"""Reports on customers and work."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sparx_core.testing import Api, Owner

REPORTS = "/v1/crm/reports"


def test_how_much_there_is_now(
    api: Api, other_api: Api, create_customer: Callable[..., Any]
) -> None:
    before = api.get(f"{REPORTS}/snapshot").data
    ann, bob = create_customer("Ann"), create_customer("Bob")
    create_customer("Theirs", client=other_api)
    api.delete(f"/v1/crm/customers/{bob['id']}")
    api.post("/v1/crm/accounts", {"name": "Lindgren"})
    api.post("/v1/crm/leads", {"name": "Eve"})
    for currency, amount in (("USD", "10.50"), ("USD", "0.25"), ("JPY", "500"), ("EUR", None)):
        sent = {"title": "Deal", "customerId": ann["id"], "currency": currency}
        priced = {} if amount is None else {"amount": Decimal(amount)}
        assert api.post("/v1/crm/deals", {**sent, **priced}).status == 201
    won = api.post("/v1/crm/deals", {"title": "Won", "amount": 99, "currency": "USD"}).data
    assert api.post(f"/v1/crm/deals/{won['id']}/win").status == 200
    for due in ({}, {"dueAt": "2020-01-01T00:00:00Z"}, {"dueAt": "2020-01-01T00:00:00Z"}):
        task = api.post("/v1/crm/tasks", {"title": "Call", **due}).data
    api.post(f"/v1/crm/tasks/{task['id']}/complete")
    now = api.get(f"{REPORTS}/snapshot")
    more = {name: now.data[name] - before[name] for name in before if name != "pipelineValues"}
    assert more == {
        "customers": 1,
        "accounts": 1,
        "openLeads": 1,
        "openDeals": 4,
        "openTasks": 2,
        "overdueTasks": 1,
        "activeSegments": 0,
    }
    assert now.data["pipelineValues"] == [
        {"currency": "EUR", "deals": 1, "amount": 0},
        {"currency": "JPY", "deals": 1, "amount": 500},
        {"currency": "USD", "deals": 2, "amount": Decimal("10.75")},
    ]
    assert '"amount":500}' in now.text, "in the digits of the currency"


def test_customers_by_month_where_the_tenant_is(
    api: Api, other_api: Api, create_customer: Callable[..., Any], owner: Owner
) -> None:
    zone = "Pacific/Kiritimati"  # 14 hours ahead
    assert api.patch("/v1/tenant", {"timezone": zone}).status == 200
    ann, bob, gone = (create_customer(name) for name in ("Ann", "Bob", "Gone"))
    create_customer("Theirs", client=other_api)
    api.delete(f"/v1/crm/customers/{gone['id']}")
    first, present = owner.rows(
        "SELECT date_trunc('month', now() AT TIME ZONE %s) AT TIME ZONE %s,"
        " to_char(now() AT TIME ZONE %s, 'YYYY-MM')",
        *(zone, zone, zone),
    )[0]
    moved = "UPDATE crm.customers SET created_at = %s::timestamptz - %s::interval WHERE id = %s"
    owner.execute(moved, first, "1 second", ann["id"])
    owner.execute(moved, first, "0 seconds", bob["id"])
    found = api.get(f"{REPORTS}/acquisition", params={"months": "2"}).data
    assert [one["newCustomers"] for one in found] == [0, 1, 1]
    assert found[-1]["month"] == present
    assert len(api.get(f"{REPORTS}/acquisition").data) == 13
    for months in ("0", "37", "x"):
        assert api.get(f"{REPORTS}/acquisition", params={"months": months}).status == 400

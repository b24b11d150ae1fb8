"""Custom fields of the CRM: on everything that sales people look at."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sparx_core.testing import Api

ITEM = {"sku": "S1", "name": "Thing", "quantity": 1, "unitPrice": 10}


def define(api: Api, noun: str) -> None:
    body = {"resource": f"crm.{noun}", "key": "size", "label": "Size", "type": "number"}
    answer = api.post("/v1/custom-fields", body)
    assert answer.status == 201, answer.text


def test_every_noun_has_them(api: Api, other_api: Api, customer: Any) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "customers": {"name": "Ann"},
        "accounts": {"name": "Lindgren"},
        "leads": {"name": "Bob", "email": "bob@example.com"},
        "deals": {"title": "Fleet", "customerId": customer["id"]},
        "quotes": {"customerId": customer["id"], "items": [ITEM]},
        "orders": {"customerId": customer["id"], "items": [ITEM]},
    }
    for noun, body in bodies.items():
        path = f"/v1/crm/{noun}"
        assert api.post(path, {**body, "custom": {"size": 1}}).status == 422, noun
        define(api, noun)
        made = api.post(path, {**body, "custom": {"size": Decimal("1.5")}})
        assert made.status == 201, (noun, made.text)
        shown = api.get(f"{path}/{made.data['id']}").data
        assert shown["custom"] == {"size": Decimal("1.5")}, noun
        changed = api.patch(f"{path}/{made.data['id']}", {"custom": {"size": 2}})
        assert (changed.status, changed.data["custom"]) == (200, {"size": 2}), changed.text
        refused = api.patch(f"{path}/{made.data['id']}", {"custom": {"size": "x"}})
        assert refused.error["details"][0]["field"] == "custom.size", noun
        found = api.get(path, params={"custom.size[gte]": "2", "sort": "-custom.size"})
        assert [one["id"] for one in found.data] == [made.data["id"]], noun
        assert api.get(f"{path}/aggregate", params={"sum": "custom.size"}).data[0]["sum"] == {
            "custom.size": 2
        }
        assert other_api.get(path, params={"custom.size": "2"}).status == 400


def test_orders_look_as_ever(api: Api, customer: Any, place_order: Callable[..., Any]) -> None:
    before = place_order(customer)
    define(api, "orders")
    after = place_order(customer, custom={"size": 1})
    assert list(before) == list(after)
    assert "custom" not in after
    assert all("custom" not in one for one in api.get("/v1/crm/orders").data)
    listed = api.get("/v1/crm/orders", params={"fields": "custom"}).data
    assert listed == [{"custom": {"size": 1}}, {"custom": {}}]


def test_orders_are_added_by_month_and_currency(
    api: Api, customer: Any, place_order: Callable[..., Any], other_api: Api
) -> None:
    for price, currency in (("0.10", "USD"), ("0.20", "USD"), (5, "JPY")):
        place_order(customer, price, currency=currency)
    query = {"groupBy": "createdAt:year,status", "sum": "total"}
    found = api.get("/v1/crm/orders/aggregate", params=query).data
    assert [(one["group"]["currency"], one["count"], one["sum"]["total"]) for one in found] == [
        ("JPY", 1, 5),
        ("USD", 2, Decimal("0.30")),
    ]
    assert other_api.get("/v1/crm/orders/aggregate", params=query).data == []

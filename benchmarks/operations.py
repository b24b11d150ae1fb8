"""What is measured: reads and a write, the same for the API and for what it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ITEMS = [
    {"sku": "INJ-6.7-CR", "name": "6.7L Common-Rail Injector", "quantity": 8, "unitPrice": 289.50}
]
ORDERS = "/v1/crm/orders"
#: A field that every tenant of the benchmark gives to its orders.
CUSTOM_FIELD = {"resource": "crm.orders", "key": "channel", "label": "Channel", "type": "text"}
_TAXES = [{"name": "State", "rate": 7.25}, {"name": "County", "rate": 1.5}]


@dataclass(frozen=True)
class Target:
    """A tenant as requests need it: its key, one of its customers, one of its orders."""

    key: str
    customer: str
    order: str
    number: str


def order_of(target: Target) -> dict[str, Any]:
    """An order of the target's customer."""
    return {"customerId": target.customer, "currency": "USD", "items": ITEMS}


def priced_order_of(target: Target) -> dict[str, Any]:
    """The same with discounts, two taxes a line, shipping and a custom field."""
    return {
        **order_of(target),
        "items": [{**ITEMS[0], "discountAmount": 16.00, "taxes": _TAXES}],
        "discountAmount": 100.00,
        "shippingLines": [{"name": "Freight", "amount": 49.90, "taxes": _TAXES[:1]}],
        "custom": {"channel": "phone"},
    }


@dataclass(frozen=True)
class Operation:
    """One request, made for a target. ``ordinary``: there is an ordinary version of it, too."""

    name: str
    title: str
    method: str
    path: Callable[[Target], str]
    body: Callable[[Target], Any] = lambda target: None
    ordinary: bool = False


#: Reads first: placing orders changes what they read.
OPERATIONS = [
    Operation(
        "get",
        "get an order by id, fields=*",
        "GET",
        lambda one: f"{ORDERS}/{one.order}?fields=*",
        ordinary=True,
    ),
    Operation("detail", "get an order in detail", "GET", lambda one: f"{ORDERS}/{one.order}"),
    Operation("list", "list 50 orders with items", "GET", lambda one: ORDERS, ordinary=True),
    Operation("include", "list, include=customer", "GET", lambda one: f"{ORDERS}?include=customer"),
    Operation("filter", "list, status=placed", "GET", lambda one: f"{ORDERS}?status=placed"),
    Operation("search", "list, q=order number", "GET", lambda one: f"{ORDERS}?q={one.number}"),
    Operation(
        "place",
        "place an order",
        "POST",
        lambda one: ORDERS,
        order_of,
    ),
    Operation(
        "priced",
        "place one with taxes, discounts, a custom field",
        "POST",
        lambda one: ORDERS,
        priced_order_of,
    ),
]

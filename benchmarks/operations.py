"""What is measured: reads and a write, the same for the API and for what it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ITEMS = [
    {"sku": "INJ-6.7-CR", "name": "6.7L Common-Rail Injector", "quantity": 8, "unitPrice": 289.50}
]
ORDERS = "/v1/crm/orders"


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
        "get", "get an order by id", "GET", lambda one: f"{ORDERS}/{one.order}", ordinary=True
    ),
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
]

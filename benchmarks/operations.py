"""What is measured: three operations, the same for the API and for pgbench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ITEMS = [
    {"sku": "INJ-6.7-CR", "name": "6.7L Common-Rail Injector", "quantity": 8, "unitPrice": 289.50}
]


@dataclass(frozen=True)
class Target:
    """A tenant as requests need it: its key, one of its customers, one of its orders."""

    key: str
    customer: str
    order: str


@dataclass(frozen=True)
class Operation:
    """One request, made for a target."""

    name: str
    title: str
    method: str
    path: Callable[[Target], str]
    body: Callable[[Target], Any] = lambda target: None

    @property
    def writes(self) -> bool:
        return self.method != "GET"


#: Reads first: placing orders changes what they read.
OPERATIONS = [
    Operation("get", "get an order by id", "GET", lambda one: f"/v1/crm/orders/{one.order}"),
    Operation("list", "list 50 orders with items", "GET", lambda one: "/v1/crm/orders"),
    Operation(
        "place",
        "place an order",
        "POST",
        lambda one: "/v1/crm/orders",
        lambda one: {"customerId": one.customer, "currency": "USD", "items": ITEMS},
    ),
]

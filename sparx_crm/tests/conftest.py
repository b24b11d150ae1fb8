"""Customers and orders to test with."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api


@pytest.fixture
def create_customer(api: Api) -> Callable[..., Any]:
    """Creates a customer over the API and returns it."""

    def create(name: str = "Ann", client: Api | None = None, **more: Any) -> Any:
        return (client or api).post("/v1/crm/customers", {"name": name, **more}).data

    return create


@pytest.fixture
def customer(create_customer: Callable[..., Any]) -> Any:
    """A customer of the tenant."""
    return create_customer()


@pytest.fixture
def place_order(api: Api) -> Callable[..., Any]:
    """Places an order of one line for a customer and returns it."""

    def place(customer: Any, price: Any = 10, client: Api | None = None, **more: Any) -> Any:
        item = {"sku": "S1", "name": "Thing", "quantity": 1, "unitPrice": Decimal(str(price))}
        body = {"customerId": customer["id"], "items": [item], **more}
        return (client or api).post("/v1/crm/orders", body).data

    return place

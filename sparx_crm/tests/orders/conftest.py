"""A shop for the tests of orders."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest

from sparx_core.testing import Answer, Api, Owner

ORDERS = "/v1/crm/orders"
PAYMENTS = "/v1/crm/payments"
REFUNDS = "/v1/crm/refunds"
FULFILLMENTS = "/v1/crm/fulfillments"
RETURNS = "/v1/crm/returns"


class Shop:
    """A tenant in which things are ordered, and what is asked about them."""

    def __init__(self, api: Api, owner: Owner, tenant: Any) -> None:
        self.api, self.owner, self.tenant = api, owner, tenant
        self.customer = api.post("/v1/crm/customers", {"name": "Ann"}).data["id"]

    @staticmethod
    def item(price: Any = 10, quantity: int = 1, **more: Any) -> dict[str, Any]:
        given = Decimal(price) if isinstance(price, str) else price
        return {"sku": "S", "name": "N", "quantity": quantity, "unitPrice": given, **more}

    def place(self, *items: dict[str, Any], **more: Any) -> Any:
        """An order, with all its detail."""
        body = {"customerId": self.customer, "items": list(items) or [self.item()], **more}
        placed = self.api.post(ORDERS, body)
        assert placed.status == 201, placed.text
        return self.order(placed.data)

    def order(self, order: Any) -> Any:
        return self.api.get(f"{ORDERS}/{order['id']}").data

    def pay(self, order: Any, amount: Any = None, **more: Any) -> Answer:
        body = {"orderId": order["id"], "amount": order["total"] if amount is None else amount}
        return self.api.post(PAYMENTS, body | more)

    def refund(self, order: Any, **more: Any) -> Answer:
        return self.api.post(REFUNDS, {"orderId": order["id"], **more})

    def pack(self, order: Any, *pieces: tuple[int, int], **more: Any) -> Answer:
        """A parcel with (number of the item, pieces) in it, or with all that is left."""
        body: dict[str, Any] = {"orderId": order["id"], **more}
        if pieces:
            body["items"] = [
                {"orderItemId": order["items"][number]["id"], "quantity": quantity}
                for number, quantity in pieces
            ]
        return self.api.post(FULFILLMENTS, body)

    def events(self) -> list[str]:
        """The types of what happened to orders, payments and parcels."""
        return [
            kind
            for (kind,) in self.owner.rows(
                "SELECT type FROM core.events WHERE tenant_id = %s"
                " AND split_part(type, '.', 1) IN"
                " ('order', 'payment', 'refund', 'fulfillment', 'return') ORDER BY position",
                self.tenant.tenant_id,
            )
        ]

    @staticmethod
    def at_once(count: int, work: Callable[[int], Answer]) -> list[Answer]:
        """What ``count`` threads are answered that do it at the same moment."""
        barrier, answers = Barrier(count), []

        def run(number: int) -> None:
            barrier.wait()
            answers.append(work(number))

        threads = [Thread(target=run, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers


@pytest.fixture
def shop(api: Api, owner: Owner, tenant: Any) -> Shop:
    """A tenant with a customer."""
    return Shop(api, owner, tenant)


@pytest.fixture
def other_shop(other_api: Api, owner: Owner, other_tenant: Any) -> Shop:
    """Another tenant with a customer."""
    return Shop(other_api, owner, other_tenant)

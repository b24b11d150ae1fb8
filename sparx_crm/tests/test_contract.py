"""The CRM keeps the rules for modules."""

from __future__ import annotations

from typing import Any

from sparx_core.testing import Api, ModuleContract


def _order(api: Api) -> Any:
    """An order of one piece, paid and sent."""
    customer = api.post("/v1/crm/customers", {"name": "Ann"}).data["id"]
    item = {"sku": "S", "name": "N", "quantity": 1, "unitPrice": 10}
    placed = api.post("/v1/crm/orders", {"customerId": customer, "items": [item]}).data
    return api.get(f"/v1/crm/orders/{placed['id']}").data


def _payment(api: Api, number: int) -> Any:
    return {"orderId": _order(api)["id"], "amount": 10, "status": "pending"}


def _refund(api: Api, number: int) -> Any:
    order = _order(api)["id"]
    api.post("/v1/crm/payments", {"orderId": order, "amount": 10})
    return {"orderId": order, "amount": 1, "status": "pending"}


def _return(api: Api, number: int) -> Any:
    order = _order(api)
    api.post(f"/v1/crm/orders/{order['id']}/fulfill", {})
    line = {"orderItemId": order["items"][0]["id"], "quantity": 1}
    return {"orderId": order["id"], "items": [line]}


def _quote(api: Api, number: int) -> Any:
    item = {"sku": "S", "name": "N", "quantity": 1, "unitPrice": 10}
    customer = api.post("/v1/crm/customers", {"name": "Ann"}).data["id"]
    days = {"issueDate": "2026-11-26", "validUntil": "2999-12-31"}
    return {"customerId": customer, "items": [item], **days}


def _note(api: Api, number: int) -> Any:
    customer = api.post("/v1/crm/customers", {"name": "Ann"}).data["id"]
    return {"type": "note", "body": f"Called {number}.", "customerId": customer}


class TestContract(ModuleContract):
    module = "crm"
    samples = {
        "crm.payments": _payment,
        "crm.refunds": _refund,
        "crm.fulfillments": lambda api, number: {"orderId": _order(api)["id"]},
        "crm.returns": _return,
        "crm.quotes": _quote,
        "crm.activities": _note,
        "crm.customers": {"allowDuplicate": True},
        "crm.accounts": lambda api, number: {"name": "Inc", "domain": f"inc{number}.example"},
    }

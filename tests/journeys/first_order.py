"""The first order, as the quickstart has it, and what must come of it. Not tests by itself."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.live.api import Api
from tests.live.installation import Installation
from tests.live.processes import environment, until

# The three snippets of the quickstart, character by character.
CURL = r"""curl https://api.sparx.works/v1/crm/orders \
  -H "Authorization: Bearer $SPARX_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "customerId": "8a1f0b2c-9d3e-4a5b-8c6d-1e2f3a4b5c6d",
    "currency": "USD",
    "items": [
      { "sku": "INJ-6.7-CR", "name": "6.7L Common-Rail Injector", "quantity": 8, "unitPrice": 289.50 }
    ]
  }'
"""  # noqa: E501
JAVASCRIPT = """const res = await fetch("https://api.sparx.works/v1/crm/orders", {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.SPARX_KEY}`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    customerId: "8a1f0b2c-9d3e-4a5b-8c6d-1e2f3a4b5c6d",
    currency: "USD",
    items: [
      { sku: "INJ-6.7-CR", name: "6.7L Common-Rail Injector", quantity: 8, unitPrice: 289.5 },
    ],
  }),
});
const { data: order } = await res.json();
"""
PYTHON = """import os, requests

res = requests.post(
  "https://api.sparx.works/v1/crm/orders",
  headers={"Authorization": f"Bearer {os.environ['SPARX_KEY']}"},
  json={
    "customerId": "8a1f0b2c-9d3e-4a5b-8c6d-1e2f3a4b5c6d",
    "currency": "USD",
    "items": [
      {"sku": "INJ-6.7-CR", "name": "6.7L Common-Rail Injector", "quantity": 8, "unitPrice": 289.50}
    ],
  },
)
order = res.json()["data"]
"""
_BASE, _CUSTOMER = "https://api.sparx.works", "8a1f0b2c-9d3e-4a5b-8c6d-1e2f3a4b5c6d"


def run_snippet(api: Api, customer: str, text: str, *command: str, show: str = "") -> Any:
    """What a snippet prints, with nothing replaced but base URL, key and customer id."""
    assert text.count(_BASE) == text.count(_CUSTOMER) == 1
    script = text.replace(_BASE, f"http://127.0.0.1:{api.port}").replace(_CUSTOMER, customer)
    done = subprocess.run(
        command,
        input=script + show,
        env=environment(SPARX_KEY=api.key or "", NO_PROXY="127.0.0.1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_is_first_order(order: dict[str, Any], customer: str, number: str) -> None:
    """The response of the quickstart, field by field."""
    assert order["orderNumber"] == number
    assert (order["status"], order["paymentStatus"]) == ("placed", "unpaid")
    assert (order["customerId"], order["currency"]) == (customer, "USD")
    assert (order["subtotal"], order["total"]) == (2316.0, 2316.0)
    assert len(order["id"]) == 36
    assert order["createdAt"].endswith("Z")
    (item,) = order["items"]
    assert (item["sku"], item["name"]) == ("INJ-6.7-CR", "6.7L Common-Rail Injector")
    assert (item["quantity"], item["unitPrice"]) == (8, 289.5)


def wait_for_statistics(api: Api, customer: str, orders: int, *, seconds: float = 30) -> None:
    """Wait until the worker has counted the customer's orders, each of 2316.00."""

    def counted() -> bool:
        found = api.get(f"/v1/crm/customers/{customer}").data
        return bool((found["orderCount"], found["totalSpent"]) == (orders, 2316.0 * orders))

    until(counted, seconds, f"the worker has counted {orders} orders")


def core_journey(installation: Installation, api: Api) -> None:
    """Customer, order, event, list, and a second tenant from whom all of it is hidden."""
    customer = api.new_customer("Journey Diesel Service")
    before = api.get("/v1/crm/orders").body["meta"]["total"]
    order = run_snippet(api, customer, CURL, "bash", "-s")["data"]
    assert_is_first_order(order, customer, str(1001 + before))
    wait_for_statistics(api, customer, 1)
    listed = api.get("/v1/crm/orders")
    assert listed.data[0]["id"] == order["id"]
    assert listed.body["meta"]["total"] == before + 1

    other = installation.new_tenant("neighbour")
    path = f"/v1/crm/orders/{order['id']}"
    assert api.get(path).status == 200
    assert (other.get(path).status, other.get(path).code) == (404, "not_found")
    assert other.get("/v1/crm/orders").data == []
    refused = other.place(customer)
    assert refused.status == 422
    assert refused.body["error"]["details"][0]["field"] == "customerId"

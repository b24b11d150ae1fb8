"""The OpenAPI document of the modules in this repository: fresh, valid, and true of the CRM."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from sparx_core.docs import DOCUMENT
from sparx_core.registry import Registry
from sparx_core.surfaces.openapi.document import documents_of, pretty
from sparx_core.testing import Answer, Api

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "docs" / DOCUMENT


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return content


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, content in methods.items():
            yield method, path, content


def test_committed_document_is_fresh(registry: Registry) -> None:
    present = pretty(documents_of(registry).everything())
    assert COMMITTED.read_text(encoding="utf-8") == present, "run: python -m sparx_core.docs docs"


def test_committed_document_is_valid(document: dict[str, Any]) -> None:
    assert list(map(str, OpenAPIV31SpecValidator(document).iter_errors())) == []
    assert {"core", "crm"} <= {one["name"] for one in document["tags"]}


def test_names_that_clients_are_generated_from(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])
    assert {
        "CrmOrder",
        "CrmOrderCreate",
        "CrmOrderItem",
        "CrmCustomer",
        "CrmCustomerUpdate",
    } <= names
    ids = {content["operationId"] for _, _, content in operations(document)}
    assert {"crm.orders.list", "crm.customers.update", "core.keys.rotate", "core.me"} <= ids


def test_amounts_keep_their_digits(document: dict[str, Any]) -> None:
    text = COMMITTED.read_text(encoding="utf-8")
    assert '"total": 2316.00' in text
    assert '"unitPrice": 289.50' in text


# -- the CRM -----------------------------------------------------------------------------------


@pytest.fixture
def hold(document: dict[str, Any]) -> Callable[[str, Answer], Any]:
    """``hold("crm.orders.get", answer)``: the answer is as the document says; its ``data``."""
    by_id = {content["operationId"]: content for _, _, content in operations(document)}

    def check(name: str, answer: Answer) -> Any:
        response = by_id[name]["responses"][str(answer.status)]
        if "$ref" in response:
            component = response["$ref"].rpartition("/")[2]
            response = document["components"]["responses"][component]
        schema = response["content"]["application/json"]["schema"]
        validator = Draft202012Validator(
            {**schema, "components": document["components"]}, format_checker=FormatChecker()
        )
        found = [f"{list(one.path)}: {one.message}" for one in validator.iter_errors(answer.json)]
        assert not found, f"{name}: {found}"
        return answer.json.get("data")

    return check


def example(document: dict[str, Any], name: str) -> Any:
    """The example body of an operation."""
    for _, _, content in operations(document):
        if content["operationId"] == name:
            return content["requestBody"]["content"]["application/json"]["example"]
    raise AssertionError(name)


@pytest.mark.modules("crm")
def test_examples_are_accepted_and_answered_as_documented(
    api: Api, document: dict[str, Any], hold: Callable[[str, Answer], Any]
) -> None:
    body = example(document, "crm.customers.create")
    made = api.post("/v1/crm/customers", body)
    assert made.status == 201
    customer = hold("crm.customers.create", made)
    assert hold("crm.customers.create", api.post("/v1/crm/customers", body)) is None  # 409
    body = example(document, "crm.orders.create")
    assert hold("crm.orders.create", api.post("/v1/crm/orders", body)) is None  # 422
    placed = api.post("/v1/crm/orders", {**body, "customerId": customer["id"]})
    order = hold("crm.orders.create", placed)
    assert placed.status == 201
    assert order["total"] == Decimal("2517.20")
    assert [list(one) for one in order["items"]] == [["sku", "name", "quantity", "unitPrice"]]
    for one, sent in zip(order["items"], body["items"], strict=True):
        assert {name: sent[name] for name in one} == json.loads(json.dumps(one, default=float))
    for query in ("", "include=customer", "fields=total,customer.name,items.sku", "sort=-total"):
        hold("crm.orders.list", api.get("/v1/crm/orders", query=query))
    hold("crm.orders.get", api.get(f"/v1/crm/orders/{order['id']}", query="include=customer"))
    path = f"/v1/crm/customers/{customer['id']}"
    hold("crm.customers.get", api.get(path, query="include=orders,orders.customer"))
    changed = api.patch(path, example(document, "crm.customers.update"))
    assert changed.status == 200
    hold("crm.customers.update", changed)
    hold("crm.customers.delete", api.delete(path))  # 409
    key = hold("core.keys.create", api.post("/v1/keys", example(document, "core.keys.create")))
    assert key["key"].startswith("sk_live_")
    hold("core.me", api.get("/v1/me"))
    hold("core.modules.list", api.get("/v1/modules"))


def test_health_is_as_documented(anonymous: Api, hold: Callable[[str, Answer], Any]) -> None:
    assert hold("core.health", anonymous.get("/health")) == {"status": "ok"}
    assert hold("core.ready", anonymous.get("/ready"))["status"] == "ready"


@pytest.mark.modules("crm")
def test_pages_and_document_are_served(api: Api, anonymous: Api, registry: Registry) -> None:
    served = anonymous.get("/v1/openapi.json")
    assert json.loads(served.text) == json.loads(COMMITTED.read_text(encoding="utf-8"))
    own = json.loads(api.get("/v1/openapi.json").text)
    assert [one["name"] for one in own["tags"]] == ["core", "crm"]
    for key in registry.modules:
        page = anonymous.get(f"/docs/reference/{key}")
        assert page.status == 200
        for operation in registry.operations.values():
            if operation.module == key:
                assert f'<article id="{operation.name}">' in page.text

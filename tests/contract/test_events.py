"""The catalogue of events of the modules in this repository: fresh, kept, and true of the CRM."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from sparx_core.docs import CATALOGUE
from sparx_core.registry import Registry
from sparx_core.surfaces.openapi.event_changes import breaking_events
from sparx_core.surfaces.openapi.payloads import catalogue, pretty_catalogue
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "docs" / CATALOGUE
RELEASED = ROOT / "docs" / "api" / "released" / "events.json"


@pytest.fixture(scope="module")
def present() -> dict[str, Any]:
    registry = Registry.discover()
    return catalogue(registry, frozenset(registry.modules))


def test_committed_catalogue_is_fresh(present: dict[str, Any]) -> None:
    told = "run: python -m sparx_core.docs docs"
    assert COMMITTED.read_text(encoding="utf-8") == pretty_catalogue(present), told


def test_what_receivers_were_given_holds(present: dict[str, Any]) -> None:
    released = json.loads(RELEASED.read_text(encoding="utf-8"))
    assert date.fromisoformat(released["released"])
    assert {"order.created", "customer.updated"} <= {one["type"] for one in released["events"]}
    assert breaking_events(released, present) == []


def test_catalogue_says_all_of_each_type(present: dict[str, Any]) -> None:
    registry = Registry.discover()
    assert [one["type"] for one in present["events"]] == list(registry.events)
    for one in present["events"]:
        told = registry.events[one["type"]]
        assert list(one)[:6] == ["type", "module", "version", "public", "resource", "description"]
        assert (one["version"], one["public"]) == (told.version, told.public)
        assert one["module"] == registry.event_modules[one["type"]]
    order = present["components"]["schemas"]["CrmOrder"]
    # A payload has what is shown unasked: no customer, and no version, which is shown on request.
    assert "customer" not in order["properties"]
    # What only some events tell, such as the payments, is not required.
    assert [one for one in order["properties"] if one in order["required"]] == order["required"]


def _of(content: dict[str, Any], type_: str) -> dict[str, Any]:
    (found,) = [one for one in content["events"] if one["type"] == type_]
    assert isinstance(found, dict)
    return found


def _without_total(content: dict[str, Any]) -> None:
    """One of the events that have the schema of orders loses a field."""
    schemas = content["components"]["schemas"]
    schemas["Less"] = order = deepcopy(schemas["CrmOrder"])
    del order["properties"]["total"]
    order["required"].remove("total")
    _of(content, "order.created")["data"] = {"$ref": "#/components/schemas/Less"}


def _without_order(content: dict[str, Any]) -> None:
    content["events"].remove(_of(content, "order.created"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_without_total, "event order.created.total: removed"),
        (_without_order, "event order.created: removed"),
        (lambda c: _of(c, "order.created").update(public=False), "webhooks no longer get it"),
        (lambda c: _of(c, "order.created").update(resource="crm.x"), "was about crm.orders"),
        (lambda c: _of(c, "order.created").update(version=0), "version 0 comes after 1"),
    ],
)
def test_what_breaks_receivers_is_told(
    present: dict[str, Any], change: Callable[[dict[str, Any]], None], told: str
) -> None:
    changed = deepcopy(present)
    change(changed)
    found = breaking_events(present, changed)
    assert len(found) == 1, found
    assert told in found[0]


def test_a_payload_may_change_with_its_version(present: dict[str, Any]) -> None:
    changed = deepcopy(present)
    _without_total(changed)
    _of(changed, "order.created").update(version=2)
    assert breaking_events(present, changed) == []
    more = deepcopy(present)
    more["events"].append({**_of(more, "order.created"), "type": "order.told"})
    more["components"]["schemas"]["CrmOrder"]["properties"]["more"] = {"type": "string"}
    assert breaking_events(present, more) == []


@pytest.mark.modules("crm")
def test_what_the_crm_states_fits_its_schema(
    api: Api, tenant: NewTenant, owner: Owner, run_events: DeliveryRun, present: dict[str, Any]
) -> None:
    body = {
        "name": "Ann", "email": "ann@example.com", "tags": ["a"], "metadata": {"erp": 1.5},
        "addresses": [{"line1": "1 Harbour Road", "city": "Oakland", "country": "US"}],
    }  # fmt: skip
    customer = api.post("/v1/crm/customers", body).data
    item = {"sku": "S", "name": "N", "quantity": 3, "unitPrice": Decimal("0.0125")}
    order = {"customerId": customer["id"], "items": [item, item]}
    assert api.post("/v1/crm/orders", order).status == 201
    api.patch(f"/v1/crm/customers/{customer['id']}", {"notes": "x", "email": None})
    other = api.post("/v1/crm/customers", {"name": "Bob"}).data
    api.delete(f"/v1/crm/customers/{other['id']}")
    run_events()
    stored = owner.rows(
        "SELECT type, data FROM core.events WHERE tenant_id = %s AND aggregate_type LIKE 'crm.%%'",
        tenant.tenant_id,
    )
    of_crm = {one["type"] for one in present["events"] if one["module"] == "crm"}
    stored = [(type_, data) for type_, data in stored if type_ in of_crm]
    wanted = {"customer.created", "customer.updated", "customer.deleted", "order.created"}
    assert wanted <= {type_ for type_, _ in stored}
    for type_, data in stored:
        schema = {**_of(present, type_)["data"], "components": present["components"]}
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        assert [one.message for one in validator.iter_errors(data)] == [], type_
        # And nothing that the schema does not know.
        name = schema["$ref"].rpartition("/")[2]
        known = present["components"]["schemas"][name]["properties"]
        assert list(data) == [one for one in known if one in data], type_

"""Breaking changes are named, each, and what breaks nobody is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.surfaces.openapi.changes import breaking_changes

Document = dict[str, Any]
PATH = "/v1/shop/products"
ONE = f"{PATH}/{{id}}"


def shown(document: Document) -> Any:
    return document["components"]["schemas"]["ShopProduct"]


def sent(document: Document) -> Any:
    return document["components"]["schemas"]["ShopProductCreate"]


def parameter(document: Document, name: str) -> Any:
    found = document["paths"][PATH]["get"]["parameters"]
    return next(one for one in found if one.get("name") == name)


def changed(document: Document, change: Callable[[Document], Any]) -> list[str]:
    """What breaks when the document is changed so, but for batches: what breaks a write of one row
    breaks that of many.
    """
    after = copy.deepcopy(document)
    change(after)
    assert after != document, "nothing was changed"
    return [one for one in breaking_changes(document, after) if "/batch: " not in one]


def test_a_batch_breaks_with_what_it_writes(document: Document) -> None:
    after = copy.deepcopy(document)
    without(sent(after)["properties"], "code")
    assert breaking_changes(document, after) == [
        f"POST {PATH}: body.code: removed",
        f"POST {PATH}/batch: body.items[].data.code: removed",
    ]


def without(holder: Any, name: str) -> None:
    del holder[name]


def set_to(holder: Any, **values: Any) -> None:
    holder.update(values)


BREAKING: list[tuple[Callable[[Document], Any], list[str]]] = [
    (lambda d: without(d["paths"], ONE),
     [f"GET {ONE}: removed", f"PATCH {ONE}: removed", f"DELETE {ONE}: removed"]),
    (lambda d: without(d["paths"][ONE], "patch"), [f"PATCH {ONE}: removed"]),
    (lambda d: set_to(d["paths"][PATH]["get"], operationId="shop.products.find"),
     [f"GET {PATH}: its operationId shop.products.list is now shop.products.find"]),
    (lambda d: set_to(d["paths"][PATH]["get"], security=[{"apiKey": ["read:gold"]}]),
     [f"GET {PATH}: needs the scope read:gold"]),
    (lambda d: set_to(d["paths"]["/health"]["get"], security=[{"apiKey": []}]),
     ["GET /health: needs a key"]),
    # Parameters.
    (lambda d: d["paths"][PATH]["get"]["parameters"].remove(parameter(d, "code")),
     [f"GET {PATH}: parameter code: removed"]),
    (lambda d: d["paths"][PATH]["get"]["parameters"].pop(0),
     [f"GET {PATH}: parameter take: removed"]),
    (lambda d: set_to(parameter(d, "code"), required=True),
     [f"GET {PATH}: parameter code: now required"]),
    (lambda d: d["paths"][PATH]["get"]["parameters"].append(
        {"name": "new", "in": "query", "required": True, "schema": {}}),
     [f"GET {PATH}: parameter new: new and required"]),
    (lambda d: parameter(d, "kind")["schema"]["enum"].remove("bundle"),
     [f"GET {PATH}: parameter kind: no longer bundle"]),
    (lambda d: parameter(d, "kind[in]")["schema"]["items"]["enum"].remove("bundle"),
     [f"GET {PATH}: parameter kind[in][]: no longer bundle"]),
    (lambda d: parameter(d, "sort")["schema"]["enum"].remove("-price"),
     [f"GET {PATH}: parameter sort: no longer -price"]),
    # What is sent.
    (lambda d: without(sent(d)["properties"], "code"), [f"POST {PATH}: body.code: removed"]),
    (lambda d: sent(d)["required"].append("code"), [f"POST {PATH}: body.code: now required"]),
    (lambda d: [set_to(sent(d)["properties"], new={}), sent(d)["required"].append("new")],
     [f"POST {PATH}: body.new: new and required"]),
    (lambda d: set_to(sent(d)["properties"]["code"], type="string"),
     [f"POST {PATH}: body.code: was null, string, is string"]),
    (lambda d: set_to(sent(d)["properties"]["price"], type="integer"),
     [f"POST {PATH}: body.price: was number, is integer"]),
    (lambda d: set_to(sent(d)["properties"]["name"], maxLength=100),
     [f"POST {PATH}: body.name: maxLength is now 100, was 200"]),
    (lambda d: set_to(sent(d)["properties"]["stock"], minimum=1),
     [f"POST {PATH}: body.stock: minimum is now 1, was 0"]),
    (lambda d: set_to(sent(d)["properties"]["active"], enum=[True]),
     [f"POST {PATH}: body.active: now only True"]),
    (lambda d: set_to(sent(d)["properties"]["name"], pattern="^a"),
     [f"POST {PATH}: body.name: has to match ^a now"]),
    (lambda d: sent(d)["properties"]["kind"]["enum"].remove("digital"),
     [f"POST {PATH}: body.kind: no longer digital"]),
    (lambda d: set_to(sent(d)["properties"]["releasedAt"], format="date"),
     [f"POST {PATH}: body.releasedAt: was date-time, is date"]),
    (lambda d: set_to(sent(d)["properties"]["attributes"], additionalProperties=False),
     [f"POST {PATH}: body.attributes: refuses fields that it does not know now"]),
    (lambda d: d["components"]["schemas"]["ShopPartInput"]["required"].append("originId"),
     [f"POST {PATH}: body.parts[].originId: now required"]),
    (lambda d: without(d["paths"][PATH]["post"], "requestBody"),
     [f"POST {PATH}: body: no longer accepted"]),
    (lambda d: set_to(d["paths"]["/v1/probe/call"]["post"],
                      requestBody=d["paths"][PATH]["post"]["requestBody"]),
     ["POST /v1/probe/call: body: new and required"]),
    (lambda d: set_to(d["paths"]["/v1/keys/{id}/rotate"]["post"]["requestBody"], required=True),
     ["POST /v1/keys/{id}/rotate: body: now required"]),
    # The status of the answer.
    (lambda d: set_to(d["paths"][PATH]["post"]["responses"],
                      **{"200": d["paths"][PATH]["post"]["responses"].pop("201")}),
     [f"POST {PATH}: answer 201: removed"]),
    # Events.
    (lambda d: d["x-sparx-events"].remove(next(
        one for one in d["x-sparx-events"] if one["type"] == "perk.created")),
     ["event perk.created: removed"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "told"), BREAKING, ids=[told[0] for _, told in BREAKING])
def test_breaking_change(
    document: Document, change: Callable[[Document], Any], told: list[str]
) -> None:
    assert changed(document, change) == told


#: What is shown of a resource is shown in many places; the first of them, and how many there are.
SHOWN: list[tuple[Callable[[Document], Any], str]] = [
    (lambda d: [without(one["properties"], "code") for one in both(d)], ".code: removed"),
    (lambda d: shown(d)["required"].remove("code"), ".code: no longer always shown"),
    (lambda d: [set_to(one["properties"]["name"], type=["string", "null"]) for one in both(d)],
     ".name: was string, is null, string"),
    (lambda d: [set_to(one["properties"]["stock"], type="number") for one in both(d)],
     ".stock: was integer, is number"),
    (lambda d: [without(one["properties"]["name"], "type") for one in both(d)],
     ".name: was string, is anything"),
    (lambda d: [one["properties"]["kind"]["enum"].remove("bundle") for one in both(d)],
     ".kind: no longer bundle"),
    (lambda d: [without(one["properties"]["kind"], "enum") for one in both(d)],
     ".kind: no longer one of simple, bundle, digital"),
    (lambda d: [without(one["properties"]["createdAt"], "format") for one in both(d)],
     ".createdAt: was date-time, is any text"),
    (lambda d: [without(d["components"]["schemas"][name]["properties"], "sku")
                for name in ("ShopPart", "ShopPartSelection")], ".parts[].sku: removed"),
    (lambda d: [without(one["properties"], "category") for one in both(d)], ".category: removed"),
]  # fmt: skip


def both(document: Document) -> list[Any]:
    """A resource as a whole, and what can be selected of it."""
    schemas = document["components"]["schemas"]
    return [schemas["ShopProduct"], schemas["ShopProductSelection"]]


@pytest.mark.parametrize(("change", "told"), SHOWN, ids=[told for _, told in SHOWN])
def test_breaking_change_of_what_is_shown(
    document: Document, change: Callable[[Document], Any], told: str
) -> None:
    found = changed(document, change)
    for place in (
        f"GET {PATH}: answer 200.data[]",
        f"GET {ONE}: answer 200.data",
        f"POST {PATH}: answer 201.data",
        f"PATCH {ONE}: answer 200.data",
        "event product.created",
    ):
        assert f"{place}{told}" in found, found
    assert all(line.endswith(told) for line in found), found


def test_secret_that_is_no_longer_shown_with_a_key(document: Document) -> None:
    def change(after: Document) -> None:
        secret = after["components"]["schemas"]["CoreSecret"]
        secret["properties"].clear()
        secret["required"].clear()

    assert changed(document, change) == [
        "POST /v1/keys: answer 201.data.key: removed",
        "POST /v1/keys/{id}/rotate: answer 200.data.key: removed",
    ]


HARMLESS: list[Callable[[Document], Any]] = [
    lambda d: set_to(d["paths"], **{"/v1/new": d["paths"]["/v1/me"]}),
    lambda d: d["paths"][PATH]["get"]["parameters"].append(
        {"name": "new", "in": "query", "schema": {"type": "string"}}
    ),
    lambda d: set_to(sent(d)["properties"], new={"type": "string"}),
    lambda d: sent(d)["required"].remove("name"),
    lambda d: set_to(sent(d)["properties"]["name"], type=["string", "null"], maxLength=500),
    lambda d: set_to(sent(d)["properties"]["stock"], type="number"),
    lambda d: without(sent(d)["properties"]["name"], "pattern"),
    lambda d: sent(d)["properties"]["kind"]["enum"].append("new"),
    lambda d: [set_to(one["properties"], new={"type": "string"}) for one in both(d)],
    lambda d: shown(d)["required"].append("category"),
    lambda d: [one["properties"]["kind"]["enum"].append("new") for one in both(d)],
    lambda d: [set_to(one["properties"]["code"], type="string") for one in both(d)],
    lambda d: [set_to(one["properties"]["name"], description="Another.") for one in both(d)],
    lambda d: without(d["paths"][PATH]["get"]["responses"], "403"),
    lambda d: set_to(d["paths"][PATH]["get"], security=[{"apiKey": []}], summary="Another."),
    lambda d: set_to(d["paths"][PATH]["post"]["requestBody"], required=False),
    lambda d: set_to(d["info"], version="9.9.9"),
    lambda d: d["x-sparx-events"].append({"type": "new"}),
]


@pytest.mark.parametrize("change", HARMLESS)
def test_change_that_breaks_nobody(document: Document, change: Callable[[Document], Any]) -> None:
    assert changed(document, change) == []


def test_document_does_not_break_itself(document: Document) -> None:
    assert breaking_changes(document, copy.deepcopy(document)) == []


def test_event_of_another_version_may_look_differently(document: Document) -> None:
    def change(after: Document) -> None:
        for event in after["x-sparx-events"]:
            if event["type"] == "product.deleted":
                event["version"] += 1
                event["data"] = {"$ref": "#/components/schemas/VaultSafe"}

    assert changed(document, change) == []

"""What the API really answers is what the document says, and its examples are really accepted."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sparx_core import Conflict, NotFound
from sparx_core.registry import Registry
from sparx_core.resources import Kind
from sparx_core.runtime import Runtime
from sparx_core.surfaces.openapi.document import documents_of
from sparx_core.tenants import NewTenant
from sparx_core.testing import TenantMaker

from ..probe.declared import Control, ProbeBusy
from .contract import Checked, content_of, operations

MISSING = "01a2007d-fd87-73b7-b820-b471a0e40afc"


def raising(error: Exception) -> Callable[..., Any]:
    def operation(*_: Any) -> Any:
        raise error

    return operation


# -- every kind of answer of a resource --------------------------------------------------------


def test_answers_of_a_resource(checked: Checked, control: Control) -> None:
    path = "/v1/probe/probes"
    probe = checked.post(path, {"name": "one", "code": "c", "notes": [{"text": "a"}]}).data
    one = f"{path}/{probe['id']}"
    for query in ("", "take=1", "fields=id", "fields=notes.text", "q=one", "code[exists]=true"):
        checked.get(path, query=query)
        if "fields" in query:
            checked.get(one, query=query)
            checked.patch(one, {"name": "two"}, query=query)
    checked.post(f"{one}/do")
    control.operation = raising(ProbeBusy())
    checked.post(f"{one}/do")
    control.operation = raising(RuntimeError("a defect"))
    checked.post(f"{one}/do")
    for method, to in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/do")):
        checked.request(method, f"{path}/{MISSING}{to}", json={"name": "x"} if to == "" else None)
    checked.get(path, query="page=2")
    checked.get(one, query="take=1")
    checked.post(path, {"name": "x"}, query="nothing=1")
    checked.post(path, body=b"garbage")
    checked.post(path, {"name": 1, "unknown": 2})
    checked.post(path, {"name": "again", "code": "c"})
    checked.post(path, body=b"{}", headers={"Content-Type": "text/plain"})
    checked.post(path, body=b" " * 2_000_000)
    checked.delete(one, body=b"[]")
    checked.delete(one)
    assert {status for (name, status) in checked.seen if name == "probe.probes.create"} == {
        *(201, 400, 409, 413, 415, 422)
    }
    assert {status for (name, status) in checked.seen if name == "probe.probes.do"} == {
        *(200, 404, 409, 500)
    }
    assert checked.seen["probe.probes.list", 200] == 6


def test_answers_to_those_who_may_not_ask(
    checked: Checked, new_tenant: TenantMaker, deactivate: Callable[..., None]
) -> None:
    anonymous = checked.with_key(None)
    key = checked.post("/v1/keys", {"name": "poor", "scopes": ["read:addon"]}).data["key"]
    poor = checked.with_key(key)
    probe = checked.post("/v1/probe/probes", {"name": "one"}).data["id"]
    requests = [
        ("GET", "/v1/probe/probes", None),
        ("GET", f"/v1/probe/probes/{probe}", None),
        ("POST", "/v1/probe/probes", {"name": "x"}),
        ("PATCH", f"/v1/probe/probes/{probe}", {"name": "x"}),
        ("DELETE", f"/v1/probe/probes/{probe}", None),
        ("POST", f"/v1/probe/probes/{probe}/do", None),
        ("POST", "/v1/probe/call", None),
    ]
    for method, path, body in requests:
        assert anonymous.request(method, path, json=body).status == 401
        assert poor.request(method, path, json=body).error["code"] == "insufficient_scope"
    deactivate("addon", client=checked)
    deactivate("probe", client=checked)
    for method, path, body in requests:
        assert checked.request(method, path, json=body).error["code"] == "module_disabled"


def test_answers_of_the_core(checked: Checked) -> None:
    path = "/v1/keys"
    key = checked.post(path, {"name": "one", "scopes": ["read:core"]}).data
    assert key["key"].startswith("sk_live_")
    checked.get(path)
    checked.get(f"{path}/{key['id']}")
    checked.get(f"{path}/{key['id']}", query="fields=name")
    rotated = checked.post(f"{path}/{key['id']}/rotate", {"overlapSeconds": 60}).data
    assert rotated["key"] != key["key"]
    checked.post(f"{path}/{key['id']}/rotate", query="fields=id")
    assert checked.post(f"{path}/{rotated['id']}/rotate", query="fields=id").data.keys() == {
        *("id", "key")
    }
    checked.post(path, {"name": "one", "scopes": ["read:nothing"]})
    checked.with_key(key["key"]).post(path, {"name": "more", "scopes": ["write:core"]})
    checked.delete(f"{path}/{key['id']}")
    checked.get(f"{path}/{MISSING}")
    checked.get("/v1/me")
    checked.get("/v1/me", query="x=1")
    checked.get("/v1/modules")
    for verb in ("deactivate", "activate"):
        assert checked.post(f"/v1/modules/perks/{verb}").status < 500
        assert checked.post(f"/v1/modules/nothing/{verb}").status == 404
    assert checked.post("/v1/modules/probe/deactivate").error["code"] == "conflict"
    for path in ("/health", "/ready"):
        assert checked.with_key(None).get(path).status in (200, 503)
    assert {status for name, status in checked.seen if name == "core.keys.create"} == {
        *(201, 403, 422)
    }
    assert {status for name, status in checked.seen if name == "core.keys.rotate"} == {200, 409}


def test_answers_of_a_call(checked: Checked, control: Control) -> None:
    for answer in ({}, [], None, {"a": [1]}, "text"):
        control.call = lambda ctx, answer=answer: answer  # type: ignore[misc]
        assert checked.post("/v1/probe/call").data == answer
    control.call = raising(ProbeBusy())
    assert checked.post("/v1/probe/call").error["code"] == "probe_busy"


def test_refusal_that_no_operation_promises_would_be_noticed(
    checked: Checked, control: Control
) -> None:
    for error in (NotFound(), Conflict()):
        control.call = raising(error)
        with pytest.raises(AssertionError, match=r"probe.call"):
            checked.post("/v1/probe/call")


# -- every kind of field, and related resources ------------------------------------------------


def bodies(checked: Checked) -> dict[str, Any]:
    """The example of every create, by the name of the resource."""
    return {
        name.removesuffix(".create"): content["requestBody"]["content"]["application/json"][
            "example"
        ]
        for name, (_, _, content) in checked.document_operations().items()
        if name.endswith(".create")
    }


def create(checked: Checked, name: str, made: dict[str, str], **more: Any) -> Any:
    """Send the example of a resource, with ids of rows that exist in place of those in it."""
    schema = checked.document["components"]["schemas"]
    body = copy.deepcopy(bodies(checked)[name])
    ids = {}
    for key in made:
        noun = next(
            one["data"]["$ref"]
            for one in checked.document["x-sparx-events"]
            if one["resource"] == key
        )
        ids[schema[noun.rpartition("/")[2]]["properties"]["id"]["examples"][0]] = made[key]
    body = {field: ids.get(value, value) if isinstance(value, str) else value
            for field, value in body.items()}  # fmt: skip
    return checked.post(checked.document_operations()[f"{name}.create"][1], {**body, **more})


def test_examples_of_bodies_are_accepted(checked: Checked, registry: Registry) -> None:
    made: dict[str, str] = {}
    # Custom fields are of resources that have some, which these modules do not; and of sandboxes a
    # tenant has one.
    left_out = ("core.custom_fields", "core.sandbox")
    waiting = [name for name in bodies(checked) if name not in left_out]
    assert len(waiting) >= 7
    refused: dict[str, str] = {}
    for _ in range(len(waiting)):  # those first to which others refer
        for name in waiting:
            answer = create(checked, name, made)
            if answer.status == 201:
                made[name] = answer.data["id"]
            else:
                refused[name] = answer.text
        waiting = [name for name in waiting if name not in made]
    assert waiting == [], refused
    for name, one in made.items():
        if f"{name}.update" not in registry.operations:
            continue
        _, path, content = checked.document_operations()[f"{name}.update"]
        body = content["requestBody"]["content"]["application/json"]["example"]
        assert checked.patch(path.replace("{id}", one), body).status == 200, name


def test_answers_with_every_kind_of_field(checked: Checked) -> None:
    category = create(checked, "shop.categories", {}).data["id"]
    made = {"shop.categories": category}
    parts = [{"sku": "a", "quantity": 1, "price": 1, "originId": category}]
    full = create(checked, "shop.products", made, parts=parts, categoryId=category).data["id"]
    bare = {"name": "bare", "currency": "JPY", "price": 3}
    product = checked.post("/v1/shop/products", bare).data["id"]
    for _ in range(3):
        create(checked, "shop.reviews", {"shop.products": full})
        create(checked, "perks.perks", {"shop.products": full})
    include = "category,category.parent,parts.origin,reviews,reviews.product,substitute,perks"
    for query in (
        "",
        f"include={include}",
        f"include={include}&locale=de-AT",
        "fields=id,title,perks.name,parts.sku&locale=fr",
        "fields=*,category.name,reviews.stars",
        "fields=profit,weekday,reviewCount,perkPoints",
    ):
        checked.get("/v1/shop/products", query=query)
        for one in (full, product):
            checked.get(f"/v1/shop/products/{one}", query=query)
            checked.patch(f"/v1/shop/products/{one}", {"stock": 3, "grade": None}, query=query)
            checked.post(f"/v1/shop/products/{one}/touch", query=query)
    checked.get("/v1/shop/categories", query="include=children,products,products.perks&locale=en")
    checked.get("/v1/perks/perks", query="include=product,safe")
    checked.post("/v1/odd/things", {"name": "odd"})
    checked.get("/v1/odd/things", query="include=nothing")
    checked.delete(f"/v1/shop/categories/{category}")
    assert checked.seen["shop.products.get", 200] == 12
    assert not [name for name, status in checked.seen if status >= 500]


def test_every_filter_that_is_documented_is_taken(checked: Checked) -> None:
    values = {"in": "{0},{0}", "nin": "{0}", "exists": "true", "startsWith": "a", "contains": "a"}
    asked = 0
    for name, (_, path, content) in checked.document_operations().items():
        if not name.endswith(".list"):
            continue
        for parameter in content.get("parameters", []):
            schema = parameter.get("schema", {})
            one = schema.get("items", schema)
            value = one.get("examples", one.get("enum", [None]))[0]
            if value is None:
                value = {"integer": 1, "number": 1, "boolean": "true"}.get(one.get("type"), "a")
            value = {
                "uuid": MISSING,
                "date-time": "2026-06-05T17:41:09Z",
                "date": "2026-06-05",
            }.get(one.get("format", ""), value)
            if "$ref" in parameter or parameter["name"] in ("fields", "include", "locale"):
                continue
            operator = parameter["name"].partition("[")[2].rstrip("]")
            text = values.get(operator, "{0}").format(value)
            answer = checked.get(path, params={parameter["name"]: text})
            assert answer.status == 200, (path, parameter["name"], text, answer.text)
            asked += 1
    assert asked > 100


# -- a tenant's own document -------------------------------------------------------------------


def test_answers_are_as_the_tenant_s_own_document_says(
    checked: Checked, installation: Runtime, tenant: NewTenant, deactivate: Callable[..., None]
) -> None:
    create(checked, "shop.products", {})
    deactivate("perks", client=checked)
    own = Checked(checked.app, checked.key, content_of(documents_of(installation.registry).of(
        key for key in installation.registry.modules if key != "perks"
    )))  # fmt: skip
    (shown,) = own.get("/v1/shop/products").data
    (schema,) = [
        one for name, one in own.document["components"]["schemas"].items() if name == "ShopProduct"
    ]
    assert set(shown) == set(schema["required"])
    assert "perkPoints" not in shown
    with pytest.raises(AssertionError, match="perkPoints"):
        checked.get("/v1/shop/products")


def test_all_operations_are_tried(checked: Checked, registry: Registry, control: Control) -> None:
    """A smoke test of whatever the modules of the tests declare: each answers as it says."""
    for name, operation in registry.operations.items():
        path = operation.path.replace("{id}", MISSING).replace("{key}", "nothing")
        answer = checked.request(operation.method, path)
        expected = dict.fromkeys((Kind.CREATE, Kind.BATCH, Kind.IMPORT), 415)
        expected |= {
            Kind.LIST: 200,
            Kind.AGGREGATE: 200,
            Kind.EXPORT: 202,
            Kind.CALL: answer.status,
        }
        assert answer.status == expected.get(operation.kind, 404), name
    assert {name for name, _ in checked.seen} == set(registry.operations)
    assert set(operations(checked.document)) - set(registry.operations) == {
        *("core.health", "core.ready", "core.openapi", "core.jobs.errors", "core.jobs.file")
    }

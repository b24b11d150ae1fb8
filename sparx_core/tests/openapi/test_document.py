"""The document: valid, complete, and the same for the same modules. No database is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from sparx_core.registry import Registry
from sparx_core.resources import Kind
from sparx_core.surfaces.openapi.document import MAX_KEPT, Documents, documents_of, pretty
from sparx_core.version import VERSION

from .contract import content_of, operations, parameters_of, problems, response_of

PAGES = {
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/v1/openapi.json"),
    ("GET", "/v1/jobs/{id}/errors"),
    ("GET", "/v1/jobs/{id}/file"),
}
#: Modules with those that they require.
SETS = [
    (),
    ("probe",),
    ("probe", "addon"),
    ("shop",),
    ("shop", "vault"),
    ("shop", "vault", "perks"),
    ("odd", "odder"),
    ("probe", "addon", "shop", "vault", "perks", "odd", "odder"),
]

each_set = pytest.mark.parametrize("modules", SETS, ids=lambda one: "+".join(one) or "core")


def schemas_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every schema and part of one that has properties."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield value
        for nested in value.values():
            yield from schemas_in(nested)
    elif isinstance(value, list):
        for nested in value:
            yield from schemas_in(nested)


@each_set
def test_document_is_valid(registry: Registry, modules: tuple[str, ...]) -> None:
    content = content_of(documents_of(registry).of(modules))
    assert list(map(str, OpenAPIV31SpecValidator(content).iter_errors())) == []
    assert content["openapi"].startswith("3.1.")
    assert content["info"]["version"] == VERSION
    assert content["servers"] == [{"url": "/"}]


@each_set
def test_document_has_the_operations_of_the_modules_and_no_others(
    registry: Registry, modules: tuple[str, ...]
) -> None:
    content = content_of(documents_of(registry).of(modules))
    found = {(method, path) for method, path, _ in operations(content).values()}
    declared = {
        (one.method, one.path)
        for one in registry.operations.values()
        if one.module in ("core", *modules)
    }
    assert len(declared) >= 9
    assert found == declared | PAGES
    assert [one["name"] for one in content["tags"]] == [
        key for key in registry.modules if key in ("core", *modules)
    ]


def test_ids_tags_texts_and_scopes(registry: Registry, document: dict[str, Any]) -> None:
    found = operations(document)
    titles = {one["name"]: one["x-displayName"] for one in document["tags"]}
    assert titles["probe"] == "Probe"
    for name, operation in registry.operations.items():
        method, path, content = found[name]
        assert (method, path) == (operation.method, operation.path)
        assert content["tags"] == [operation.module]
        assert content["summary"]
        assert content["description"].startswith(content["summary"])
        scopes = [operation.scope] if operation.scope else []
        assert content["security"] == [{"apiKey": scopes}]
        assert all(f"`{scope}`" in content["description"] for scope in scopes)
    assert found["core.keys.create"][2]["summary"] == "Make an API key."
    assert "`data.key` is the secret" in found["core.keys.create"][2]["description"]
    assert found["core.health"][2]["security"] == []
    assert found["core.openapi"][2]["security"] == [{}, {"apiKey": []}]


def test_what_is_sent_refuses_the_unknown_and_what_is_shown_does_not(
    document: dict[str, Any],
) -> None:
    sent = set()
    for _, _, content in operations(document).values():
        body = content.get("requestBody")
        if body is not None and "application/json" in body["content"]:
            schema = body["content"]["application/json"]["schema"]
            sent.add(schema["$ref"].rpartition("/")[2])
    assert {"ProbeProbeCreate", "ProbeProbeUpdate", "CoreKeyRotate", "ShopProductCreate"} <= sent
    for name, schema in document["components"]["schemas"].items():
        closed = schema.get("additionalProperties") is False
        assert closed == (name in sent or name.endswith("Input")), name
    shown = {
        name: response_of(document, content, status)
        for name, (_, _, content) in operations(document).items()
        for status in (200, 201)
        if str(status) in content["responses"]
    }
    for name, response in shown.items():
        for schema in schemas_in(response):
            assert schema.get("additionalProperties") is not False, name


def test_an_update_requires_nothing(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("ProbeProbeUpdate", "ShopProductUpdate", "ShopReviewUpdate"):
        assert "required" not in schemas[name], name
    assert schemas["ProbeProbeCreate"]["required"] == ["name"]
    assert schemas["ShopReviewCreate"]["required"] == ["productId", "author", "stars"]
    assert schemas["ShopPartInput"]["required"] == ["sku", "quantity", "price"]


def test_a_resource_says_what_is_always_shown(document: dict[str, Any]) -> None:
    product = document["components"]["schemas"]["ShopProduct"]
    related = {"category", "substitute", "reviews", "perks"}
    assert set(product["properties"]) - set(product["required"]) == related
    for name in related:
        assert product["properties"][name]["x-sparx-include"] == name
    whole = {"$ref": "#/components/schemas/ShopCategory"}
    assert product["properties"]["category"]["anyOf"] == [whole, {"type": "null"}]
    assert product["properties"]["reviews"]["items"] == {"$ref": "#/components/schemas/ShopReview"}
    assert product["properties"]["reviews"]["maxItems"] == 2
    assert product["properties"]["parts"]["items"] == {"$ref": "#/components/schemas/ShopPart"}
    part = document["components"]["schemas"]["ShopPart"]
    assert part["properties"]["origin"]["x-sparx-include"] == "parts.origin"
    selection = document["components"]["schemas"]["ShopProductSelection"]
    assert set(selection["properties"]) == set(product["properties"])
    assert "required" not in selection


def test_null_is_where_a_column_may_be_null(document: dict[str, Any]) -> None:
    product = document["components"]["schemas"]["ShopProduct"]["properties"]
    assert product["name"]["type"] == "string"
    assert product["subtitle"]["type"] == ["string", "null"]
    assert product["grade"] == {"type": ["string", "null"], "enum": ["a", "b", "c", None]}
    assert product["categoryId"]["type"] == ["string", "null"]
    assert product["profit"]["type"] == ["number", "null"]
    probe = document["components"]["schemas"]["ProbeProbe"]["properties"]
    assert probe["parentId"]["type"] == ["string", "null"]
    assert probe["version"]["type"] == "integer"


def test_limits_bind_what_is_sent_and_not_what_is_shown(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    price = schemas["ShopProductCreate"]["properties"]["price"]
    assert (price["minimum"], price["exclusiveMaximum"]) == (0, 10**14)
    shown = schemas["ShopProduct"]["properties"]["price"]
    assert not {"minimum", "exclusiveMaximum"} & shown.keys()
    assert schemas["ShopProductCreate"]["properties"]["tags"]["maxItems"] == 10
    assert "maxItems" not in schemas["ShopProduct"]["properties"]["tags"]
    assert "maxLength" not in schemas["ShopProduct"]["properties"]["tags"]["items"]


def test_fields_of_other_modules_only_with_them(registry: Registry) -> None:
    documents = documents_of(registry)
    without = content_of(documents.of(["shop", "vault"]))["components"]["schemas"]
    within = content_of(documents.of(["shop", "vault", "perks"]))["components"]["schemas"]
    for name, added in (("ShopProduct", {"perkPoints", "perks"}), ("ShopCategory", {"shout"})):
        assert set(within[name]["properties"]) - set(without[name]["properties"]) == added
    assert {name for name in within if name not in without} == {
        *("PerksPerk", "PerksPerkSelection", "PerksPerkCreate", "PerksPerkUpdate"),
        "PerksPerkBatch",
    }


def test_lists_say_what_they_can_be_asked(registry: Registry, document: dict[str, Any]) -> None:
    for resource in registry.resources.values():
        if not resource.exposed:
            continue
        content = operations(document)[f"{resource.key}.list"][2]
        named = parameters_of(document, content)
        assert {"take", "skip", "cursor"} <= set(named)
        listing = resource.listing
        filters = {
            name if operator == "eq" else f"{name}[{operator}]"
            for name, one in listing.filters.items()
            for operator in one.operators
        }
        others = (
            set(named) - filters - {"fields", "include", "locale", "take", "skip", "cursor", "view"}
        )
        assert others == {
            *(["sort"] if listing.sorts else []),
            *(["q"] if listing.search_names else []),
        }
        assert filters <= set(named)
        if listing.sorts:
            assert set(named["sort"]["schema"]["enum"]) == {
                f"{sign}{name}" for name in listing.sorts for sign in ("", "-")
            }


def test_filters_are_typed(document: dict[str, Any]) -> None:
    content = operations(document)["shop.products.list"][2]
    named = {one["name"]: one for one in content["parameters"] if "$ref" not in one}
    assert named["kind"]["schema"]["enum"] == ["simple", "bundle", "digital"]
    assert named["kind[in]"]["schema"]["items"]["enum"] == ["simple", "bundle", "digital"]
    assert (named["kind[in]"]["style"], named["kind[in]"]["explode"]) == ("form", False)
    assert named["price[gte]"]["schema"]["type"] == "number"
    assert named["stock[lt]"]["schema"]["type"] == "integer"
    assert named["active"]["schema"]["type"] == "boolean"
    assert named["code[exists]"]["schema"] == {"type": "boolean"}
    assert named["releasedAt[gt]"]["schema"]["format"] == "date-time"
    assert named["tags[contains]"]["schema"]["maxLength"] == 60


def test_what_is_shown_can_be_chosen_where_something_is_shown(
    registry: Registry, document: dict[str, Any]
) -> None:
    found = operations(document)
    for name, operation in registry.operations.items():
        named = parameters_of(document, found[name][2])
        chooses = operation.resource is not None and operation.kind not in (
            Kind.DELETE,
            Kind.IMPORT,
            Kind.AGGREGATE,
        )
        assert ("fields" in named) == chooses, name
    by_name = {
        name: one
        for name, one in parameters_of(document, found["shop.products.get"][2]).items()
        if one["in"] == "query"
    }
    assert set(by_name) == {"fields", "include", "locale"}
    told = by_name["include"]["description"]
    for path in ("`category`", "`parts.origin`", "`reviews`", "`perks` (needs `read:perks`)"):
        assert path in told
    # A note has no text in several languages, and nothing that could be included has.
    assert set(parameters_of(document, found["vault.safes.get"][2])) == {"id", "fields", "If-Match"}


def test_error_codes_are_the_registered(registry: Registry, document: dict[str, Any]) -> None:
    told = {one["code"]: one["status"] for one in document["x-sparx-errors"]}
    assert told == {code: one.status for code, one in registry.errors.items()}
    of_core = content_of(documents_of(registry).of([]))
    assert "probe_busy" in told
    assert "probe_busy" not in {one["code"] for one in of_core["x-sparx-errors"]}
    for name, (_, _, content) in operations(document).items():
        for status in (one for one in content["responses"] if one[0] in "45"):
            media = response_of(document, content, int(status))["content"]["application/json"]
            (_, narrowed) = media["schema"]["properties"]["error"]["allOf"]
            codes = narrowed["properties"]["code"]["enum"]
            assert {registry.errors[code].status for code in codes} == {int(status)}, name
            assert set(media["examples"]) == set(codes)


def test_operations_tell_the_errors_of_their_kind(document: dict[str, Any]) -> None:
    statuses = {
        name: [int(one) for one in content["responses"]]
        for name, (_, _, content) in operations(document).items()
    }
    assert statuses["probe.probes.list"] == [200, 400, 401, 403, 429, 500, 503]
    assert statuses["probe.probes.get"] == [200, 400, 401, 403, 404, 412, 429, 500, 503]
    sent = [400, 401, 403, 409, 410, 412, 413, 415, 422, 429, 500, 503]
    assert statuses["probe.probes.create"] == [201, *sent]
    changed = [200, 400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 429, 500, 503]
    assert statuses["probe.probes.update"] == changed
    assert statuses["probe.probes.delete"] == changed
    assert statuses["core.me"] == [200, 400, 401, 429, 500, 503]
    assert statuses["core.health"] == [200, 500]


def test_errors_that_a_function_raises(document: dict[str, Any]) -> None:
    found = operations(document)

    def codes(name: str, status: int) -> list[str]:
        media = response_of(document, found[name][2], status)["content"]["application/json"]
        return list(media["examples"])

    # It declares nothing, so every error of its module counts; a plain delete raises none.
    assert codes("probe.probes.create", 409) == [
        *("conflict", "idempotency_in_progress", "probe_busy")
    ]
    assert codes("probe.probes.delete", 409) == ["conflict", "idempotency_in_progress"]
    assert codes("core.modules.activate", 404) == ["not_found"]
    assert codes("probe.probes.get", 403) == ["module_disabled", "insufficient_scope"]
    assert codes("core.keys.get", 403) == ["insufficient_scope"]


def test_events_are_told_and_not_promised(registry: Registry, document: dict[str, Any]) -> None:
    assert "webhooks" not in document
    told = {one["type"]: one for one in document["x-sparx-events"]}
    assert set(told) == set(registry.events)
    assert told["probe.created"]["data"] == {"$ref": "#/components/schemas/ProbeProbe"}
    assert told["key.created"]["public"] is False
    assert told["module.activated"]["public"] is True
    created = operations(document)["probe.probes.create"][2]
    assert created["x-sparx-emits"] == ["probe.created"]
    of_core = content_of(documents_of(registry).of([]))
    nouns = {one["type"].partition(".")[0] for one in of_core["x-sparx-events"]}
    work = {"delivery", "job", "key", "module", "origin", "webhook"}
    assert nouns == {*work, "custom_field", "member", "tenant", "view"}


def test_every_example_is_valid(document: dict[str, Any]) -> None:
    checked = 0
    for name, (_, _, content) in operations(document).items():
        bodies = [content["requestBody"]] if "requestBody" in content else []
        answers = [response_of(document, content, int(one)) for one in content["responses"]]
        for holder in (*bodies, *answers):
            media = holder.get("content", {}).get("application/json", {})
            examples = [one["value"] for one in media.get("examples", {}).values()]
            if "example" in media:
                examples.append(media["example"])
            for example in examples:
                assert problems(document, media["schema"], example) == [], name
                checked += 1
        for parameter in content.get("parameters", []):
            for example in parameter.get("schema", {}).get("examples", []):
                assert problems(document, parameter["schema"], example) == [], parameter
    for event in document["x-sparx-events"]:
        assert problems(document, event["data"], event["example"]) == [], event["type"]
    assert checked > 300


def test_bodies_and_answers_have_examples(document: dict[str, Any]) -> None:
    for name, (_, _, content) in operations(document).items():
        for media in content.get("requestBody", {}).get("content", {}).values():
            assert media["example"], name
        if name == "core.jobs.file":
            continue  # a file, and no answer in the envelope
        status = next(int(one) for one in content["responses"] if one.startswith("2"))
        media = response_of(document, content, status)["content"]["application/json"]
        assert name == "core.openapi" or media["example"]["success"] is True, name
        if name.endswith("s.list") and name != "core.modules.list":
            assert media["example"]["meta"]["per_page"] == 50
            assert len(media["example"]["data"]) == 1


def test_same_modules_make_the_same_bytes(registry: Registry) -> None:
    first, second = Documents(registry).everything(), Documents(registry).everything()
    assert first.cached == second.cached
    assert pretty(first) == pretty(second)
    assert json.loads(pretty(first)) == content_of(second)


def test_documents_are_built_once_and_not_without_end(registry: Registry) -> None:
    documents = Documents(registry)
    assert documents.of(["shop"]) is documents.of(["core", "shop", "not installed"])
    keys = [key for key in registry.modules if key != "core"]
    sets = [chosen for size in range(len(keys) + 1) for chosen in combinations(keys, size)]
    assert len(sets) > MAX_KEPT
    kept = documents.of(sets[-1])
    for chosen in sets[: MAX_KEPT // 2]:
        documents.of(chosen)
    assert documents.of(sets[-1]) is kept, "what is asked for is kept"
    for chosen in sets[: MAX_KEPT + 1]:
        documents.of(chosen)
    assert documents.of(sets[-1]) is not kept, "and what nobody asks for is not"

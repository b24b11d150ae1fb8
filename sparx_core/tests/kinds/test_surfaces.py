"""Kinds on the other surfaces: the tenant's OpenAPI document, GraphQL, the tools of agents."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import Api

from .conftest import PATH, Animal, Ask, Declare, refusal

LIST = "/v1/zoo/animals"


@pytest.fixture(autouse=True)
def species(declare: Declare) -> None:
    friend = {"type": "animal", "of": ["dog"]}
    declare("cat", lives="number", colour="text", friend=friend, notes="anything")
    declare("dog", tricks="number")
    declare("bare")


def test_the_document_has_a_component_and_filters_for_each(api: Api, anonymous: Api) -> None:
    told = api.get("/v1/openapi.json").json
    schemas, listed = told["components"]["schemas"], told["paths"][LIST]["get"]
    shown = schemas["ZooCat"]["allOf"][1]["properties"]
    assert shown["species"] == {"const": "cat"}
    facts = shown["facts"]["properties"]
    assert facts["lives"] == {"anyOf": [{"type": "number"}, {"type": "null"}]}
    assert facts["friend"]["anyOf"][0]["anyOf"][0] == {"$ref": "#/components/schemas/ZooDog"}
    assert facts["notes"] == {}
    asked = {one.get("name") for one in listed["parameters"]}
    assert {"species", "include", "facts.lives[gte]", "facts.colour[startsWith]"} <= asked
    assert not {"facts.friend", "facts.notes", "facts.lives[startsWith]"} & asked
    (sort,) = (one for one in listed["parameters"] if one.get("name") == "sort")
    assert {"facts.lives", "-facts.colour"} <= set(sort["schema"]["enum"])
    body = told["paths"][LIST]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"$ref": "#/components/schemas/ZooDogInput"} in body["anyOf"]
    sent = schemas["ZooDogInput"]
    assert (sent["required"], sent["additionalProperties"]) == (["name", "species"], False)
    assert sent["properties"]["species"] == {"const": "dog"}
    assert set(sent["properties"]["facts"]["properties"]) == {"tricks"}
    assert "ZooCat" not in anonymous.get("/v1/openapi.json").text


def test_types_and_roots_of_graphql(animal: Animal, ask: Ask) -> None:
    rex = animal("dog", "Rex", tricks=3)
    tom = animal("cat", "Tom", lives=9, friend=rex, notes={"any": [None]})
    animal("cat", "Kit", lives=7)
    query = """query($least: Decimal) {
      zooCats(where: {facts: {lives: {gt: $least}}}, orderBy: {facts: {lives: DESC}}) {
        total items { __typename id name species
                      facts { lives friend { id name facts { tricks } } notes } } } }"""
    friend = {"id": rex, "name": "Rex", "facts": {"tricks": 3}}
    facts = {"lives": 9, "friend": friend, "notes": {"any": [None]}}
    shown = {"__typename": "ZooCat", "id": tom, "name": "Tom", "species": "cat", "facts": facts}
    assert ask(query, least=8)["zooCats"] == {"total": 1, "items": [shown]}
    assert ask(query, least=1)["zooCats"]["total"] == 2
    one = "query($id: ID!) { zooCat(id: $id) { name facts { lives } } }"
    assert ask(one, id=tom) == {"zooCat": {"name": "Tom", "facts": {"lives": 9}}}
    assert ask(one, id=rex) == {"zooCat": None}
    anything = ask("query($id: ID!) { zooAnimal(id: $id) { __typename facts } }", id=rex)
    assert anything == {"zooAnimal": {"__typename": "ZooAnyAnimal", "facts": {"tricks": 3}}}
    # A kind of which nothing is known has no filters, and its rows are still there.
    assert ask("{ zooBares { total items { facts } } }") == {"zooBares": {"total": 0, "items": []}}


def test_typed_fields_write_rows_of_their_kind(animal: Animal, api: Api, ask: Ask) -> None:
    rex = animal("dog", "Rex", tricks=3)
    create = """mutation($facts: ZooCatFactsInput) {
        zooCatsCreate(input: {name: "Tom", facts: $facts}) {
            id species facts { lives friend { name } } } }"""
    made = ask(create, facts={"lives": 9, "friend": rex})["zooCatsCreate"]
    assert (made["species"], made["facts"]) == ("cat", {"lives": 9, "friend": {"name": "Rex"}})
    change = """mutation($id: ID!) { zooCatsUpdate(id: $id, input: {name: "New", facts: {lives: 8}})
        { name facts { lives friend { id } } } }"""
    changed = ask(change, id=made["id"])["zooCatsUpdate"]
    assert changed == {"name": "New", "facts": {"lives": 8, "friend": {"id": rex}}}
    assert refusal(api, change, id=rex)["code"] == "not_found"
    assert api.get(f"{PATH}/{rex}").data["name"] == "Rex"
    unknown = refusal(api, create, facts={"tricks": 1})
    assert unknown["code"] == "bad_request"
    assert len(api.get(PATH).data) == 2


def test_what_is_hidden_from_a_key(animal: Animal, api: Api, ask: Ask) -> None:
    rex = animal("dog", "Rex", tricks=3)
    tom = animal("cat", "Tom", friend=rex)
    body = {"name": "hiding", "scopes": ["*"], "hiddenFields": ["zoo.animals.name"]}
    key = api.with_key(api.post("/v1/keys", body).data["key"])
    including = {"include": "friend"}
    assert key.get(f"{PATH}/{tom}").data["facts"] == {"friend": {"id": rex}}
    assert key.get(f"{PATH}/{tom}", params=including).error["code"] == "forbidden"
    assert key.patch(f"{PATH}/{tom}", {"facts": {}}, params=including).error["code"] == "forbidden"
    query = f'{{ zooCat(id: "{tom}") {{ facts {{ friend {{ facts {{ tricks }} }} }} }} }}'
    assert refusal(key, query)["code"] == "forbidden"
    body = {**body, "hiddenFields": ["zoo.animals.facts"]}
    key = api.with_key(api.post("/v1/keys", body).data["key"])
    assert ask(f'{{ zooCat(id: "{tom}") {{ name }} }}', key) == {"zooCat": {"name": "Tom"}}
    assert (
        refusal(key, f'{{ zooCat(id: "{tom}") {{ facts {{ lives }} }} }}')["code"] == "bad_request"
    )
    assert "ZooCatFacts" not in key.get("/v1/graphql/schema").text
    for params in ({"facts.lives": "9"}, {"sort": "facts.lives"}, {"fields": "facts.lives"}):
        assert key.get(PATH, params={"species": "cat", **params}).status == 400


def test_agents_are_told_of_them(installation: Runtime, animal: Animal, api: Api) -> None:
    if "ai" not in installation.registry.modules:
        pytest.skip("the module of agents is not installed")
    animal("cat", "Tom", lives=9)
    told = call(api, "zoo_describe", resource="animals")["data"]
    assert set(told["kinds"]) == {"bare", "cat", "dog"}
    assert set(told["kinds"]["cat"]) == {"lives", "colour", "friend", "notes"}
    where = {"species": "cat", "facts.lives": {"gt": 8}}
    found = call(api, "zoo_list", resource="animals", where=where)
    assert [one["name"] for one in found["items"]] == ["Tom"]


def call(api: Api, tool: str, **arguments: Any) -> Any:
    """What a tool answers."""
    prefix = "io.modelcontextprotocol/"
    params = {
        "_meta": {
            f"{prefix}protocolVersion": "2026-07-28",
            f"{prefix}clientCapabilities": {},
            f"{prefix}clientInfo": {"name": "tests", "version": "1"},
        },
        "name": tool,
        "arguments": arguments,
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool,
    }  # fmt: skip
    answer = api.post("/mcp", body, headers=headers)
    assert "result" in answer.json, answer.text
    return answer.json["result"]["structuredContent"]

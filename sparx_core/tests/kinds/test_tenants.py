"""Kinds are each tenant's own, change while processes run, and may be called anything."""

from __future__ import annotations

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from .conftest import PATH, Animal, Ask, Declare, refusal


def test_two_tenants_with_kinds_of_one_name(
    declare: Declare, animal: Animal, ask: Ask, api: Api, other_api: Api, other_tenant: NewTenant
) -> None:
    declare("cat", lives="number")
    declare("cat", other_tenant, lives="text", codeword="text")
    mine = animal("cat", "Tom", lives=9)
    theirs = animal("cat", "Eve", other_api, lives="many", codeword="code")
    assert [one["id"] for one in api.get(PATH, params={"species": "cat"}).data] == [mine]
    query = "{ zooCats { items { id facts { lives } } } }"
    assert ask(query) == {"zooCats": {"items": [{"id": mine, "facts": {"lives": 9}}]}}
    found = {"zooCats": {"items": [{"id": theirs, "facts": {"lives": "many"}}]}}
    assert ask(query, other_api) == found
    asked = {"species": "cat", "facts.codeword": "code"}
    assert other_api.get(PATH, params=asked).meta["total"] == 1
    assert api.get(PATH, params=asked).status == 400
    for path in ("/v1/openapi.json", "/v1/graphql/schema"):
        assert "codeword" in other_api.get(path).text
        assert "codeword" not in api.get(path).text
    # An id of another tenant leads nowhere, by whatever it is asked for.
    assert api.get(f"{PATH}/{theirs}", params={"species": "cat"}).status == 404
    assert ask(f'{{ zooCat(id: "{theirs}") {{ name }} }}') == {"zooCat": None}
    change = f'mutation {{ zooCatsUpdate(id: "{theirs}", input: {{name: "No"}}) {{ name }} }}'
    assert refusal(api, change)["code"] == "not_found"
    assert other_api.get(f"{PATH}/{theirs}").data["name"] == "Eve"


def test_a_reference_to_a_row_of_another_tenant_shows_nothing_of_it(
    declare: Declare, animal: Animal, api: Api, other_api: Api, other_tenant: NewTenant, ask: Ask
) -> None:
    for who in (None, other_tenant):
        declare("cat", who, friend="animal", lives="number")
    theirs = animal("cat", "Eve", other_api, lives=1)
    mine = animal("cat", "Tom", friend=theirs)
    shown = api.get(f"{PATH}/{mine}", params={"include": "friend"}).data["facts"]["friend"]
    assert shown == {"id": theirs}
    query = f'{{ zooCat(id: "{mine}") {{ facts {{ friend {{ id name }} }} }} }}'
    assert ask(query)["zooCat"]["facts"] == {"friend": {"id": theirs, "name": None}}


def test_a_kind_that_changes_while_a_process_runs(
    declare: Declare, animal: Animal, ask: Ask, api: Api
) -> None:
    declare("cat", lives="number")
    animal("cat", "Tom", lives=9)
    query = "{ zooCats { items { facts { lives } } } }"
    asked = {"species": "cat", "facts.lives": "9"}
    assert ask(query)["zooCats"]["items"] == [{"facts": {"lives": 9}}]
    assert api.get(PATH, params=asked).meta["total"] == 1
    tag = api.get("/v1/openapi.json").headers["etag"]

    declare("cat", nine="number")

    assert api.get(PATH, params=asked).error["details"] == {"parameter": "facts.lives"}
    assert "lives" in refusal(api, query)["message"]
    assert ask(query.replace("lives", "nine"))["zooCats"]["items"] == [{"facts": {"nine": None}}]
    told = api.get("/v1/openapi.json", headers={"If-None-Match": tag})
    assert (told.status, "facts.nine" in told.text) == (200, True)


def test_a_kind_that_comes_and_one_that_goes(
    declare: Declare, ask: Ask, api: Api, owner: Owner, tenant: NewTenant
) -> None:
    assert "zooCats" in refusal(api, "{ zooCats { total } }")["message"]
    assert api.get(PATH, params={"species": "cat"}).status == 400
    declare("cat", lives="number")
    assert ask("{ zooCats { total } }") == {"zooCats": {"total": 0}}
    assert api.get(PATH, params={"species": "cat", "facts.lives": "9"}).data == []
    owner.execute("DELETE FROM zoo.species WHERE tenant_id = %s", tenant.tenant_id)
    assert api.get(PATH, params={"species": "cat"}).status == 400
    assert "zooCats" in refusal(api, "{ zooCats { total } }")["message"]
    assert "ZooCat" not in api.get("/v1/openapi.json").text


def test_no_name_breaks_anything(declare: Declare, animal: Animal, ask: Ask, api: Api) -> None:
    """Some are taken by the module, some by another kind, and some are no names at all."""
    odd = ("animal", "animals", "any_animal", "cat", "cats", "cat_facts", "error", "Query", "a b",
           "1st", "__x", "ünï", 'q"u\'o}te', "cat_list", "cat_input")  # fmt: skip
    for key in odd:
        declare(key, **{"id": "number", "a-b": "text", "__typename": "text", "lives": "number",
                        'x"y\'z}': "text", "in": "text"})  # fmt: skip
    made = {key: animal(key, key, lives=1, **{"a-b": "x"}) for key in odd}
    schema = api.get("/v1/graphql/schema")
    assert schema.status == 200
    for name in ("ZooCat ", "ZooCatFacts ", "ZooCatFacts2 ", "ZooAnyAnimal2 ", "ZooAnimal2 "):
        assert f"type {name}" in schema.text, name
    assert api.get("/v1/openapi.json").json["components"]["schemas"]["ZooCat"]
    assert ask("{ zooCats { items { id facts { id in lives } } } }")["zooCats"]["items"] == [
        {"id": made["cat"], "facts": {"id": None, "in": None, "lives": 1}}
    ]
    for key, row in made.items():
        params = {"species": key, "facts.a-b": "x", "sort": "facts.lives"}
        assert [one["id"] for one in api.get(PATH, params=params).data] == [row], key
    # What has no name in GraphQL is left out there, and is among the rows of any kind.
    assert "a-b" not in schema.text
    shown = ask(f'{{ zooAnimal(id: "{made["cat"]}") {{ facts }} }}')["zooAnimal"]["facts"]
    assert shown == {"a-b": "x", "lives": 1}

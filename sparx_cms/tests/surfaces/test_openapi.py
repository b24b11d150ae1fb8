"""A tenant's content types in that tenant's OpenAPI document."""

from __future__ import annotations

from typing import Any

from sparx_core.testing import Api

from .writing import Content, text

LIST = "/v1/cms/entries"


def document(api: Api) -> Any:
    return api.get("/v1/openapi.json").json


def names(parameters: list[dict[str, Any]]) -> set[str]:
    return {str(one.get("name")) for one in parameters}


def test_types_are_components_and_filters(content: Content, api: Api, anonymous: Api) -> None:
    told = document(api)
    schemas, listed = told["components"]["schemas"], told["paths"][LIST]["get"]

    values = schemas["CmsStory"]["allOf"][1]["properties"]["fields"]["properties"]
    assert list(values)[:3] == ["title", "words", "price"]
    assert values["words"]["anyOf"][0]["type"] == "integer"
    assert values["author"]["anyOf"][0]["anyOf"][0] == {"$ref": "#/components/schemas/CmsPerson"}
    assert schemas["CmsStory"]["allOf"][0] == {"$ref": "#/components/schemas/CmsEntry"}
    sent = schemas["CmsStoryInput"]["properties"]["fields"]["properties"]
    assert sent["mood"]["anyOf"][0]["enum"] == ["calm", "wild"]
    shown = listed["responses"]["200"]["content"]["application/json"]["schema"]
    options = shown["properties"]["data"]["items"]["anyOf"]
    assert {"$ref": "#/components/schemas/CmsStory"} in options
    body = told["paths"][LIST]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"$ref": "#/components/schemas/CmsStoryInput"} in body["anyOf"]
    asked = names(listed["parameters"])
    assert {"fields.title", "fields.words[gte]", "fields.tags[contains]", "status"} <= asked
    assert "fields.words[startsWith]" not in asked
    (sort,) = (one for one in listed["parameters"] if one.get("name") == "sort")
    assert "-fields.title" in sort["schema"]["enum"]
    assert "fields.tags" not in sort["schema"]["enum"]

    # What is said to everybody is of no tenant, and what is asked with no key stays the same.
    everybody = document(anonymous)
    assert "CmsStory" not in everybody["components"]["schemas"]
    assert "fields.title" not in names(everybody["paths"][LIST]["get"]["parameters"])


def test_every_parameter_that_is_told_is_one(content: Content, api: Api) -> None:
    told = document(api)["paths"][LIST]["get"]["parameters"]
    values = {"integer": "1", "number": "1", "boolean": "true"}
    own = [one for one in told if str(one.get("name")).startswith("fields.")]
    asked = 0
    for one in own:
        if "`type=story`" in one["description"]:
            schema = one["schema"].get("items", one["schema"])
            value = values.get(schema.get("type"), "a")
            value = {"date": "2026-01-31", "uuid": "0197a0b1-0000-7000-8000-000000000000"}.get(
                schema.get("format"), value
            )
            answer = api.get(LIST, params={"type": "story", one["name"]: value})
            assert answer.status == 200, (one, answer.text)
            asked += 1
    assert asked > 30


def test_a_document_changes_with_the_types_and_is_of_its_tenant(
    content: Content, other_content: Content, api: Api, other_api: Api
) -> None:
    other_content.type("secret_plan", text("codename"))
    assert "CmsSecretPlan" in document(other_api)["components"]["schemas"]
    assert "SecretPlan" not in api.get("/v1/openapi.json").text
    for key in ("entry", "error", "story_input"):
        content.type(key, text("title"))
    schemas = document(api)["components"]["schemas"]
    assert {"CmsEntry", "CmsEntry2", "CmsError", "CmsStoryInput", "CmsStoryInput2"} <= set(schemas)
    fields = list(content.types["story"].values())
    content.change_type("story", [{**fields[0], "key": "headline"}, *fields[1:]])
    values = document(api)["components"]["schemas"]["CmsStory"]["allOf"][1]["properties"]["fields"]
    assert "headline" in values["properties"]

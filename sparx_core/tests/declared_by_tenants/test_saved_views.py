"""Saved views: checked when they are saved, and asked for by their id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

PATH, CARS = "/v1/views", "/v1/garage/cars"
QUERY = {"filters": {"state": "sold", "seats[in]": ["1", "2"]}, "sort": "-name", "fields": ["name"]}
VIEW: dict[str, Any] = {"resource": "garage.cars", "name": "Sold", "query": QUERY}


@pytest.fixture
def cars(car: Callable[..., Any]) -> None:
    for name, state, seats in (("a", "sold", 1), ("b", "sold", 2), ("c", "new", 1)):
        car(name, state=state, seats=seats)


def names(api: Api, **params: str) -> str:
    answer = api.get(CARS, params=params)
    assert answer.status == 200, answer.text
    return "".join(one["name"] for one in answer.data)


def test_a_list_is_asked_by_its_view(api: Api, cars: None, query_count: Any) -> None:
    made = api.post(PATH, VIEW)
    assert made.status == 201, made.text
    view = made.data
    assert {name: view[name] for name in VIEW} == VIEW
    assert api.get(CARS, params={"view": view["id"]}).data == [{"name": "b"}, {"name": "a"}]
    assert names(api, view=view["id"], seats="1") == "a"
    assert names(api, view=view["id"], sort="name") == "ab"
    assert names(api, view=view["id"], state="new") == "c"
    assert names(api, view=view["id"], fields="name,state", q="b") == "b"
    with query_count() as log:
        names(api, view=view["id"])
    assert log.count == 1
    groups = api.get(f"{CARS}/aggregate", params={"view": view["id"], "groupBy": "state"}).data
    assert groups == [{"group": {"state": "sold"}, "count": 2}]
    changed = api.patch(f"{PATH}/{view['id']}", {"query": {"filters": {"state": "new"}}}).data
    assert (changed["version"], names(api, view=view["id"])) == (2, "c")
    assert api.patch(f"{PATH}/{view['id']}", {"name": "Sold"}).data["version"] == 2
    assert api.delete(f"{PATH}/{view['id']}").status == 200
    assert api.get(CARS, params={"view": view["id"]}).status == 400


WRONG: list[tuple[Any, str]] = [
    ({"filters": {"nothing": "1"}}, "query.filters.nothing"),
    ({"filters": {"seats": "many"}}, "query.filters.seats"),
    ({"filters": {"seats": 1}}, "query.filters.seats"),
    ({"filters": {"custom.x": "1"}}, "query.filters.custom.x"),
    ({"filters": {"view": "x"}}, "query.filters.view"),
    ({"filters": []}, "query.filters"),
    ({"sort": "price"}, "query.sort"),
    ({"sort": 1}, "query.sort"),
    ({"fields": ["nothing"]}, "query.fields"),
    ({"fields": []}, "query.fields"),
    ({"include": ["nothing"]}, "query.include"),
    ({"take": 1}, "query.take"),
    (None, "query"),
]


def test_what_no_list_can_be_asked_is_not_saved(api: Api, nothing_written: Any) -> None:
    with nothing_written():
        for query, field in WRONG:
            answer = api.post(PATH, {**VIEW, "query": query})
            assert (answer.status, answer.error["code"]) == (422, "validation_error"), query
            assert [one["field"] for one in answer.error["details"]] == [field]
    for resource in ("garage.bikes", "core.tenant_settings"):
        assert api.post(PATH, {**VIEW, "resource": resource}).status == 422


def test_views_are_of_one_tenant_and_one_resource(api: Api, other_api: Api, cars: None) -> None:
    view = api.post(PATH, {**VIEW, "shared": True}).data["id"]
    unknown = "01a2007d-fd87-73b7-b820-b471a0e40afc"
    answers = [
        client.get(CARS, params={"view": one})
        for client, one in ((other_api, view), (other_api, unknown), (api, unknown), (api, "x"))
    ]
    assert {(one.status, one.error["message"]) for one in answers} == {
        (400, "There is no saved view of garage.cars with this id.")
    }
    assert api.get("/v1/garage/owners", params={"view": view}).status == 400
    for call in (other_api.get, other_api.delete):
        assert call(f"{PATH}/{view}").status == 404
    assert other_api.get(PATH).data == []


def test_a_view_is_its_makers_until_it_is_shared(api: Api, cars: None) -> None:
    key = api.post("/v1/keys", {"name": "x", "scopes": ["*"]}).data["key"]
    colleague = api.with_key(key)
    view = api.post(PATH, VIEW).data["id"]
    assert colleague.get(PATH).data == []
    assert colleague.get(f"{PATH}/{view}").status == 404
    assert colleague.patch(f"{PATH}/{view}", {"name": "x"}).status == 404
    assert colleague.delete(f"{PATH}/{view}").status == 404
    assert colleague.get(CARS, params={"view": view}).status == 400
    assert colleague.post(PATH, VIEW).status == 201
    assert api.post(PATH, VIEW).status == 409
    assert api.patch(f"{PATH}/{view}", {"shared": True}).status == 200
    assert names(colleague, view=view) == "ba"
    assert colleague.get(PATH).meta["total"] == 2


def test_a_view_of_what_is_gone_says_so(
    api: Api, define: Callable[..., Any], cars: None, run_events: Any
) -> None:
    field = define("size", "number")
    query = {"filters": {"custom.size[gte]": "1"}, "sort": "custom.size"}
    view = api.post(PATH, {**VIEW, "query": query}).data["id"]
    assert names(api, view=view) == ""
    assert api.delete(f"/v1/custom-fields/{field['id']}").status == 200
    answer = api.get(CARS, params={"view": view})
    assert answer.status == 400
    assert answer.error["message"].startswith("The saved view asks for what is not there any more")
    assert answer.error["details"] == {"parameter": "custom.size[gte]", "view": view}
    assert api.get(CARS, params={"view": [view, view]}).status == 400


def test_exports_follow_a_view(api: Api, cars: None, run_events: Any) -> None:
    query = {"filters": {"state": "sold"}, "fields": ["name"], "sort": "-name"}
    view = api.post(PATH, {**VIEW, "query": query}).data["id"]
    job = api.request("POST", f"{CARS}/export", query=f"view={view}&format=ndjson").data
    run_events()
    assert api.get(f"/v1/jobs/{job['id']}/file").text == '{"name":"a"}\n{"name":"b"}\n'

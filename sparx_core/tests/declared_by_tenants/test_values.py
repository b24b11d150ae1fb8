"""Values of custom fields: checked on every way into a row, and shown on every way out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

CARS = "/v1/garage/cars"
NOWHERE = "01a2007d-fd87-73b7-b820-b471a0e40afc"
OPTIONS = [{"value": "red", "label": "Red"}, {"value": "blue"}]

GOOD: list[tuple[str, Any, Any]] = [
    ("text", " two words ", "two words"),
    ("number", 3, 3),
    ("number", Decimal("-3.1250"), Decimal("-3.125")),
    ("number", Decimal("3.0"), 3),
    ("number", Decimal("123456789012345.123456"), Decimal("123456789012345.123456")),
    ("date", "2026-02-28", "2026-02-28"),
    ("datetime", "2026-06-05T17:41:09Z", "2026-06-05T17:41:09Z"),
    ("boolean", False, False),
    ("select", "red", "red"),
    ("multiselect", ["blue", "red"], ["blue", "red"]),
    ("multiselect", [], []),
    ("money", {"amount": Decimal("12.5"), "currency": "EUR"},
     {"amount": Decimal("12.50"), "currency": "EUR"}),
    ("money", {"currency": "JPY", "amount": 12}, {"amount": 12, "currency": "JPY"}),
    ("url", "https://example.com/a?b=c", "https://example.com/a?b=c"),
    ("email", " Ann@Example.COM ", "ann@example.com"),
    ("phone", "+1 (415) 555-2671", "+14155552671"),
]  # fmt: skip
BAD: list[tuple[str, Any]] = [
    ("text", 3),
    ("text", "  "),
    ("text", "x" * 10_001),
    ("number", "3"),
    ("number", True),
    ("number", Decimal("1e300")),
    ("number", Decimal("0.0000001")),
    ("date", "2026-02-30"),
    ("date", "20260228"),
    ("date", 5),
    ("datetime", "2026-06-05T17:41:09+01:00"),
    ("datetime", {}),
    ("boolean", "true"),
    ("boolean", 1),
    ("select", "green"),
    ("select", ["red"]),
    ("multiselect", "red"),
    ("multiselect", ["red", "red"]),
    ("multiselect", [{}]),
    ("money", 12),
    ("money", {"amount": 12}),
    ("money", {"amount": Decimal("12.345"), "currency": "EUR"}),
    ("money", {"amount": 1, "currency": "XXX"}),
    ("money", {"amount": [], "currency": []}),
    ("url", "javascript:alert(1)"),
    ("url", "https://"),
    ("url", "http://[::1"),
    ("email", "ann"),
    ("phone", "12"),
    ("reference", "x"),
    ("reference", NOWHERE),
]


TYPES = dict.fromkeys(one for one, *_ in [*GOOD, *BAD])


@pytest.fixture
def defined(define: Callable[..., Any]) -> None:
    """A field of each type, under its name."""
    for one in TYPES:
        more: dict[str, Any] = {"options": OPTIONS} if "select" in one else {}
        define(one, one, **more, **({"target": "garage.owners"} if one == "reference" else {}))


def test_values_come_back_in_one_form(api: Api, defined: None, car: Callable[..., Any]) -> None:
    for type_, sent, kept in GOOD:
        made = car(custom={type_: sent})
        assert made["custom"] == {type_: kept}
        assert api.get(CARS, params={"take": "1"}).data[0]["custom"] == {type_: kept}
    assert api.get(f"{CARS}/{made['id']}").data["custom"] == made["custom"]


def test_wrong_values_are_refused_and_nothing_is_written(
    api: Api, defined: None, nothing_written: Any
) -> None:
    with nothing_written():
        for type_, sent in BAD:
            answer = api.post(CARS, {"name": "x", "currency": "USD", "custom": {type_: sent}})
            assert (answer.status, answer.error["code"]) == (422, "validation_error"), answer.text
            (told,) = answer.error["details"]
            assert (told["field"], told["pointer"]) == (f"custom.{type_}", f"/custom/{type_}")


def test_what_nobody_defined_is_refused(
    api: Api, other_api: Api, define: Callable[..., Any], car: Callable[..., Any]
) -> None:
    made = car()
    body = {"name": "x", "currency": "USD", "custom": {"mine": 1}}
    for call in (api.post(CARS, body), api.patch(f"{CARS}/{made['id']}", {"custom": {"mine": 1}})):
        assert (call.status, call.error["details"][0]["field"]) == (422, "custom.mine")
    define("mine", "number")
    assert api.post(CARS, body).status == 201
    assert other_api.post(CARS, body).status == 422
    owner = api.post("/v1/garage/owners", {"name": "x", "custom": {"mine": 1}})
    assert owner.status == 422
    for wrong in (3, [], "x", None):
        assert api.post(CARS, {**body, "custom": wrong}).status == 422


def test_a_patch_changes_what_it_names(
    api: Api, define: Callable[..., Any], car: Callable[..., Any], owner: Owner
) -> None:
    define("size", "number")
    define("color", "text")
    made = car(custom={"size": Decimal("1.5"), "color": "red"})
    path = f"{CARS}/{made['id']}"
    before = owner.count("core.events")
    same = api.patch(path, {"custom": {"size": Decimal("1.50")}})
    assert (same.data["version"], owner.count("core.events")) == (1, before)
    assert api.patch(path, {"name": "two"}).data["custom"] == made["custom"]
    changed = api.patch(path, {"custom": {"size": 2}}).data
    assert changed["custom"] == {"size": 2, "color": "red"}
    cleared = api.patch(path, {"custom": {"color": None}}).data
    assert cleared["custom"] == {"size": 2}
    assert api.patch(path, {"custom": {}}).data["version"] == cleared["version"]


def test_required_ones_are_needed_and_cannot_be_cleared(
    api: Api, define: Callable[..., Any], car: Callable[..., Any]
) -> None:
    old = car()
    define("size", "number", required=True)
    for body in ({}, {"custom": {}}, {"custom": {"size": None}}):
        answer = api.post(CARS, {"name": "x", "currency": "USD", **body})
        assert (answer.status, answer.error["details"][0]["field"]) == (422, "custom.size")
    made = car(custom={"size": 1})
    assert api.patch(f"{CARS}/{made['id']}", {"custom": {"size": None}}).status == 422
    assert api.patch(f"{CARS}/{old['id']}", {"name": "y"}).status == 200


def test_references_stay_in_the_tenant(
    api: Api, other_api: Api, define: Callable[..., Any], car: Callable[..., Any]
) -> None:
    define("buyer", "reference", target="garage.owners")
    mine = api.post("/v1/garage/owners", {"name": "x"}).data["id"]
    theirs = other_api.post("/v1/garage/owners", {"name": "x"}).data["id"]
    assert car(custom={"buyer": mine})["custom"] == {"buyer": mine}
    answers = [
        api.post(CARS, {"name": "x", "currency": "USD", "custom": {"buyer": one}})
        for one in (theirs, NOWHERE)
    ]
    assert [one.status for one in answers] == [422, 422]
    assert answers[0].error["details"] == answers[1].error["details"]


def test_limits_hold(api: Api, define: Callable[..., Any]) -> None:
    define("size", "number", min=2, max=Decimal("3.5"))
    define("code", "text", min=2, max=3)
    define("price", "money", max=100)
    for bad in (
        {"size": 1}, {"size": Decimal("3.6")}, {"code": "a"}, {"code": "abcd"},
        {"price": {"amount": 101, "currency": "USD"}},
    ):  # fmt: skip
        answer = api.post(CARS, {"name": "x", "currency": "USD", "custom": bad})
        assert answer.status == 422, bad
    good = {"size": Decimal("3.5"), "code": "abc", "price": {"amount": 100, "currency": "USD"}}
    assert api.post(CARS, {"name": "x", "currency": "USD", "custom": good}).status == 201


def test_a_unique_value_belongs_to_one_row(
    api: Api,
    other_api: Api,
    define: Callable[..., Any],
    car: Callable[..., Any],
    nothing_written: Any,
) -> None:
    define("plate", "text", unique=True)
    define("plate", "text", other_api, unique=True)
    first = car(custom={"plate": "A1"})
    car(client=other_api, custom={"plate": "A1"})
    second = car(custom={"plate": "B1"})
    body = {"name": "x", "currency": "USD", "custom": {"plate": "A1"}}
    with nothing_written():
        refused = api.post(CARS, body)
        assert (refused.status, refused.error["code"]) == (409, "conflict")
        assert refused.error["details"][0]["field"] == "custom.plate"
        assert api.patch(f"{CARS}/{second['id']}", {"custom": {"plate": "A1"}}).status == 409
    assert api.patch(f"{CARS}/{first['id']}", {"custom": {"plate": None}}).status == 200
    assert api.patch(f"{CARS}/{second['id']}", {"custom": {"plate": "A1"}}).status == 200
    assert api.delete(f"{CARS}/{second['id']}").status == 200
    assert api.post(CARS, body).status == 201


def test_of_twenty_at_once_one_gets_a_unique_value(
    api: Api, define: Callable[..., Any], owner: Owner
) -> None:
    define("number", "number", unique=True)

    def create(place: int) -> int:
        number = Decimal("7.0") if place % 2 else 7
        body = {"name": "x", "currency": "USD", "custom": {"number": number}}
        return api.post(CARS, body).status

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(create, range(20)))
    assert sorted(answers) == [201] + [409] * 19
    assert api.get(CARS).meta["total"] == 1


def test_batches_check_each_entry(api: Api, define: Callable[..., Any]) -> None:
    define("size", "number", required=True)
    entries = [
        {"op": "create", "data": {"name": "a", "currency": "USD", "custom": {"size": 1}}},
        {"op": "create", "data": {"name": "b", "currency": "USD", "custom": {"size": "x"}}},
        {"op": "create", "data": {"name": "c", "currency": "USD"}},
    ]
    answer = api.post(f"{CARS}/batch", {"items": entries})
    assert [one["status"] for one in answer.data] == [201, 422, 422]
    told = answer.data[1]["error"]["details"][0]
    assert told["pointer"] == "/items/1/data/custom/size"
    made = answer.data[0]["id"]
    changes = [{"op": "update", "id": made, "data": {"custom": {"size": 2}}}]
    answer = api.post(f"{CARS}/batch", {"items": changes})
    assert answer.data[0]["data"]["custom"] == {"size": 2}


def test_files_bring_values_and_take_them_away(
    api: Api, define: Callable[..., Any], run_events: Any
) -> None:
    for key, type_ in (("size", "number"), ("ok", "boolean"), ("price", "money")):
        define(key, type_)
    define("colors", "multiselect", options=OPTIONS)
    text = (
        "name,currency,custom.size,custom.ok,custom.price,custom.colors\r\n"
        "a,USD,1.5,true,12.50 EUR,red;blue\r\n"
        "b,USD,many,,,\r\n"
    )
    job = api.request(
        "POST", f"{CARS}/import", body=text.encode(), headers={"Content-Type": "text/csv"}
    ).data
    run_events()
    job = api.get(f"/v1/jobs/{job['id']}").data
    assert (job["rowsSucceeded"], job["rowsFailed"]) == (1, 1), str(job)
    errors = api.get(f"/v1/jobs/{job['id']}/errors").data
    assert errors[0]["field"] == "custom.size"
    (row,) = api.get(CARS).data
    assert row["custom"] == {
        "size": Decimal("1.5"),
        "ok": True,
        "price": {"amount": Decimal("12.50"), "currency": "EUR"},
        "colors": ["red", "blue"],
    }
    export = api.request("POST", f"{CARS}/export", query="custom.size[gte]=1&format=ndjson").data
    run_events()
    file = api.get(f"/v1/jobs/{export['id']}/file")
    assert file.status == 200, file.text
    assert '"size": 1.5' in file.text or '"size":1.5' in file.text


def test_changes_are_audited_and_told(
    api: Api, define: Callable[..., Any], car: Callable[..., Any]
) -> None:
    define("size", "number")
    made = car(custom={"size": 1})
    api.patch(f"{CARS}/{made['id']}", {"custom": {"size": 2}})
    entries = api.get("/v1/audit", params={"resourceId": made["id"]}).data
    assert {"before": {"size": 1}, "after": {"size": 2}} in [
        change for one in entries for change in one["changes"].values()
    ]
    events = api.get("/v1/events", params={"type": "car.updated"}).data
    assert events[0]["data"]["custom"] == {"size": 2}


def test_nothing_is_asked_about_tenants_without_fields(
    api: Api, car: Callable[..., Any], define: Callable[..., Any], query_count: Any
) -> None:
    car()
    with query_count() as none:
        car()
    define("size", "number")
    car(custom={"size": 1})
    with query_count() as some:
        car(custom={"size": 1})
    assert (none.count, some.count) == (3, 3)

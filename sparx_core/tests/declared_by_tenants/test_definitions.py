"""Custom fields: defined, changed and deleted over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparx_core.testing import Api, Owner

PATH, CARS = "/v1/custom-fields", "/v1/garage/cars"
FIELD = {"resource": "garage.cars", "key": "size", "label": "Size", "type": "number"}
CHOICE = {**FIELD, "type": "select", "options": [{"value": "a"}]}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({**FIELD, "resource": "garage.bikes"}, "resource"),
    ({**FIELD, "resource": "core.keys"}, "resource"),
    ({**FIELD, "key": "Size"}, "key"),
    ({**FIELD, "key": "a b"}, "key"),
    ({**FIELD, "key": "a" * 64}, "key"),
    ({**FIELD, "type": "colour"}, "type"),
    ({**FIELD, "label": " "}, "label"),
    ({**FIELD, "options": [{"value": "a"}]}, "options"),
    ({**FIELD, "type": "select"}, "options"),
    ({**CHOICE, "options": [{"value": "a"}, {"value": "a"}]}, "options"),
    ({**CHOICE, "unique": True}, "unique"),
    ({**FIELD, "type": "date", "min": 1}, "min"),
    ({**FIELD, "type": "text", "max": 0}, "max"),
    ({**FIELD, "min": 2, "max": 1}, "max"),
    ({**FIELD, "type": "reference"}, "target"),
    ({**FIELD, "type": "reference", "target": "garage.bikes"}, "target"),
    ({**FIELD, "target": "garage.cars"}, "target"),
    ({**FIELD, "state": "deleting"}, "state"),
]


def test_what_makes_no_sense_is_refused(api: Api, nothing_written: Any) -> None:
    with nothing_written():
        for body, field in WRONG:
            answer = api.post(PATH, body)
            assert (answer.status, answer.error["code"]) == (422, "validation_error"), body
            assert field in [one["field"] for one in answer.error["details"]], body


def test_a_field_is_defined_listed_and_changed(api: Api, other_api: Api, owner: Owner) -> None:
    made = api.post(PATH, CHOICE).data
    assert made == {
        "id": made["id"], "version": 1, "resource": "garage.cars", "key": "size", "label": "Size",
        "description": None, "type": "select", "required": False, "unique": False,
        "options": [{"value": "a"}], "min": None, "max": None, "target": None, "state": "active",
        "createdAt": made["createdAt"], "updatedAt": made["updatedAt"],
    }  # fmt: skip
    assert api.post(PATH, CHOICE).status == 409
    assert api.get(f"{PATH}/{made['id']}").data == made
    assert api.get(PATH, params={"resource": "garage.cars"}).meta["total"] == 1
    assert other_api.get(PATH).meta["total"] == 0
    for call in (other_api.get, other_api.delete):
        assert call(f"{PATH}/{made['id']}").status == 404
    assert other_api.patch(f"{PATH}/{made['id']}", {"label": "x"}).status == 404
    for name in ("key", "type", "unique", "resource"):
        assert api.patch(f"{PATH}/{made['id']}", {name: made[name]}).status == 422
    assert api.patch(f"{PATH}/{made['id']}", {"options": []}).status == 422
    options = [{"value": "b", "label": "B"}]
    changed = api.patch(f"{PATH}/{made['id']}", {"label": "Width", "options": options}).data
    assert (changed["label"], changed["options"], changed["version"]) == ("Width", options, 2)
    assert api.patch(f"{PATH}/{made['id']}", {"label": "Width"}).data["version"] == 2
    body = {"name": "x", "currency": "USD", "custom": {"size": "a"}}
    assert api.post(CARS, body).status == 422
    assert api.post(CARS, {**body, "custom": {"size": "b"}}).status == 201
    types = [one["type"] for one in api.get("/v1/events").data]
    assert types[:3] == ["car.created", "custom_field.updated", "custom_field.created"]


def test_there_are_a_hundred_at_most(api: Api, define: Callable[..., Any], owner: Owner) -> None:
    define("k0", "number")
    owner.execute(
        "INSERT INTO core.custom_fields (tenant_id, id, resource, key, label, type)"
        " SELECT tenant_id, gen_random_uuid(), resource, 'k' || n, label, type"
        " FROM core.custom_fields, generate_series(1, 99) n"
        " WHERE key = 'k0' AND resource = 'garage.cars'"
    )
    assert api.post(PATH, {**FIELD, "key": "more"}).status == 409
    assert api.post(PATH, {**FIELD, "resource": "garage.owners"}).status == 201


def test_a_field_without_values_is_deleted_at_once(
    api: Api, define: Callable[..., Any], car: Callable[..., Any]
) -> None:
    made = define("size", "number")
    car()
    assert api.delete(f"{PATH}/{made['id']}").data == {"id": made["id"], "deleted": True}
    assert api.get(f"{PATH}/{made['id']}").status == 404
    body = {"name": "x", "currency": "USD", "custom": {"size": 1}}
    assert api.post(CARS, body).status == 422
    assert next(one["type"] for one in api.get("/v1/events").data) == "custom_field.deleted"
    define("size", "text")


def test_values_are_lost_only_by_force(
    api: Api,
    other_api: Api,
    define: Callable[..., Any],
    car: Callable[..., Any],
    run_events: Any,
    nothing_written: Any,
) -> None:
    made = define("size", "number", unique=True)
    define("color", "text")
    define("size", "number", other_api)
    theirs = car(client=other_api, custom={"size": 1})
    cars = [car(custom={"size": place, "color": "red"}) for place in range(3)]
    with nothing_written():
        assert api.delete(f"{PATH}/{made['id']}").status == 409
        assert api.delete(f"{PATH}/{made['id']}", params={"force": "false"}).status == 409
        assert api.delete(f"{PATH}/{made['id']}", params={"force": "maybe"}).status == 400
    assert api.delete(f"{PATH}/{made['id']}", params={"force": "true"}).status == 200
    assert api.get(f"{PATH}/{made['id']}").data["state"] == "deleting"
    assert api.patch(f"{CARS}/{cars[0]['id']}", {"custom": {"size": 5}}).status == 422
    assert api.get(CARS, params={"custom.size": "1"}).status == 400
    assert api.post(PATH, FIELD).status == 409
    assert api.delete(f"{PATH}/{made['id']}", params={"force": "true"}).status == 409
    run_events()
    assert api.get(f"{PATH}/{made['id']}").status == 404
    assert [one["custom"] for one in api.get(CARS).data] == [{"color": "red"}] * 3
    assert other_api.get(f"{CARS}/{theirs['id']}").data == theirs
    types = [one["type"] for one in api.get("/v1/events").data]
    assert types.count("custom_field.deleted") == 1
    run_events()
    assert types == [one["type"] for one in api.get("/v1/events").data]
    assert api.post(PATH, FIELD).status == 201

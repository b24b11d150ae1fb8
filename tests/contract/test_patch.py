"""Every resource that can be changed, of every installed module: a PATCH changes what it names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import count
from typing import Any

import pytest
from marshmallow import fields

from sparx_core.read.view import schema_instance
from sparx_core.registry import Registry
from sparx_core.resources import Kind, Operation
from sparx_core.runtime import Runtime
from sparx_core.schemas import ResourceSchema
from sparx_core.testing import Api
from sparx_core.testing.contract.bodies import Underivable, body_of, value_of

#: What a change may move beside the field that it names.
FOLLOWS = {"version", "updatedAt"}
#: And what is computed from the field.
MOVED = {"crm.deals.update": {"probabilityOverridden", "amount", "weightedAmount"}}
#: Numbers of rows that are referred to instead of others.
OTHERS = count(1001)

#: Changes that can be derived where there are fewer than fields: of an address, of patterns,
#: of a filter and of headers there is one value only.
FEW = {
    "core.webhook_subscriptions.update": 5,
    "core.custom_fields.update": 4,
    "core.views.update": 2,
    "crm.pipelines.update": 2,
}
#: Fields that go with some values of another one only, or that move another one.
BOUND = {
    "core.custom_fields": {"min", "max", "target"},
    "crm.stages": {"kind"},
    "crm.deals": {"pipelineId", "stageId", "amount", "lostReasonId", "lostNote"},
    "crm.memberships": {"isPrimary"},
    "crm.tasks": {"dueAt"},
    "crm.activities": {
        "startsAt",
        "endsAt",
        "location",
        "attendees",
        "sender",
        "recipients",
        "outcome",
    },
    "crm.orders": {"discountTotal", "shippingTotal", "taxTotal", "total"},
}
#: Fields that a change may name only as they are, or with others.
FIXED = {"crm.activities": {"type"}, "crm.deals": {"status"}}
UPDATES = [name for name, one in Registry.discover().operations.items() if one.kind is Kind.UPDATE]
updates = pytest.mark.parametrize("name", UPDATES)


@pytest.fixture
def update(installation: Runtime, name: str) -> Operation:
    return installation.registry.operations[name]


@pytest.fixture
def make(api: Api, installation: Runtime) -> Callable[..., Any]:
    """``make("crm.customers", 1)``: a new row with a value in every field that has one."""

    numbers = count(11)
    given = {"crm.quotes": ("customerId", "crm.customers")}
    under_way: list[str] = []

    def another(key: str) -> str:
        if key in under_way:
            raise Underivable(f"{key} refers to itself")
        return str(create(key, next(numbers), everything=False)["id"])

    def create(key: str, number: int = 1, *, everything: bool = True) -> Any:
        operation = installation.registry.operations[f"{key}.create"]
        assert operation.body is not None
        under_way.append(key)
        body = body_of(operation.body, number, another, everything=everything)
        if key in given and not everything:
            field, of = given[key]
            body[field] = another(of)
        under_way.pop()
        sent = {wire: value for wire, value in body.items() if wire not in BOUND.get(key, ())}
        answer = api.post(operation.path, sent)
        assert answer.status == 201, answer.text
        # The answer of a creation may show less than that of a change.
        path = f"{operation.path}/{answer.data['id']}"
        return api.get(path).data

    return create


def sent(operation: Operation) -> dict[str, fields.Field[Any]]:
    """The fields that it may be sent, by their names on the wire."""
    assert operation.body is not None
    found = schema_instance(operation.body).load_fields.values()
    return {str(field.data_key): field for field in found}


def resource(operation: Operation) -> str:
    assert operation.resource is not None
    return operation.resource.key


def test_there_is_something_to_change() -> None:
    assert "crm.customers.update" in UPDATES


@updates
def test_one_field_and_no_other(
    api: Api, update: Operation, make: Callable[..., Any], name: str
) -> None:
    row = make(resource(update))
    path = update.path.replace("{id}", row["id"])
    changed = 0
    bound = BOUND.get(resource(update), set()) | FIXED.get(resource(update), set())
    for wire, field in sent(update).items():
        if wire in bound:
            continue
        values = [None] if field.allow_none else []
        for number in (2, 3):
            try:
                made = value_of(
                    field,
                    wire,
                    number,
                    lambda of: str(make(of, next(OTHERS), everything=False)["id"]),
                )
            except Underivable:
                continue
            values.append(made)
        for value in values:
            answer = api.patch(path, {wire: value})
            assert answer.status == 200, (wire, value, answer.text)
            differing = {one for one in row if answer.data[one] != row[one]}
            assert differing <= {wire, *FOLLOWS, *MOVED.get(name, ())}, (wire, value)
            assert answer.data == api.get(path).data
            if wire in differing:
                changed += 1
                # Some show it only on request.
                assert "version" not in row or answer.data["version"] == row["version"] + 1
            else:
                assert answer.data == row, "what changes nothing is no change"
            row = answer.data
    assert changed >= FEW.get(name, len(sent(update))), "hardly anything was changed"


@updates
def test_nothing_is_no_change(
    api: Api,
    update: Operation,
    make: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
    name: str,
) -> None:
    row = make(resource(update))
    path = update.path.replace("{id}", row["id"])
    with nothing_written():
        assert api.patch(path, {}).data == row


@updates
def test_null_where_there_has_to_be_a_value(
    api: Api,
    update: Operation,
    make: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
    name: str,
) -> None:
    row = make(resource(update))
    path = update.path.replace("{id}", row["id"])
    needed = [wire for wire, field in sent(update).items() if not field.allow_none]
    assert needed
    with nothing_written():
        for wire in needed:
            answer = api.patch(path, {wire: None})
            assert (answer.status, answer.error["code"]) == (422, "validation_error"), wire
            assert [one["pointer"] for one in answer.error["details"]] == [f"/{wire}"]


@updates
def test_what_the_server_computes(
    api: Api,
    update: Operation,
    make: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
    name: str,
) -> None:
    row = make(resource(update))
    path = update.path.replace("{id}", row["id"])
    # `version` in a PATCH is the one that was read.
    computed = [wire for wire in row if wire not in sent(update) and wire != "version"]
    assert "id" in computed
    assert update.body is not None
    known = issubclass(update.body, ResourceSchema)
    told = "Computed by the server; leave it out." if known else "Unknown field."
    with nothing_written():
        for wire in computed:
            answer = api.patch(path, {wire: row[wire]})
            assert answer.status == 422, wire
            assert answer.error["details"] == [
                {
                    "field": wire,
                    "pointer": f"/{wire}",
                    "message": told,
                }
            ]

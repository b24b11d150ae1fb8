"""Rules of segments: checked by their paths, kept out of the SQL, and tried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

SEGMENTS, CUSTOMERS = "/v1/crm/segments", "/v1/crm/customers"


def is_(field: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    rule = {"kind": "predicate", "field": field, "op": op, **more}
    return rule if op in ("is_null", "is_not_null") else {**rule, "value": value}


VIPS = is_("customer.tags", "contains", "vip")


ONE = is_("customer.orderCount", "gte", 1)


def nested(depth: int) -> Any:
    return ONE if depth == 1 else {"kind": "not", "child": nested(depth - 1)}


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({}, "rules.kind"),
        ({"kind": "xor"}, "rules.kind"),
        ({"kind": ["and"]}, "rules.kind"),
        ({"kind": "and"}, "rules.children"),
        ({"kind": "and", "children": []}, "rules.children"),
        ({"kind": "or", "children": [ONE] * 21}, "rules.children"),
        ({"kind": "not"}, "rules.child"),
        ({"kind": "not", "child": 7}, "rules.child"),
        ({"kind": "and", "children": [ONE, 7]}, "rules.children[1]"),
        ({**ONE, "extra": 1}, "rules.extra"),
        (is_("customer.password", "eq", 1), "rules.field"),
        ({"kind": "predicate", "op": "eq", "value": 1}, "rules.field"),
        (is_("customer.orderCount", "contains", 1), "rules.op"),
        (is_("customer.tags", "gt", 1), "rules.op"),
        ({"kind": "predicate", "field": "customer.name", "op": "eq"}, "rules.value"),
        ({**is_("customer.name", "is_null"), "value": None}, "rules.value"),
        (is_("customer.name", "eq", None), "rules.value"),
        (is_("customer.name", "eq", ""), "rules.value"),
        (is_("customer.name", "contains", "x" * 256), "rules.value"),
        (is_("customer.orderCount", "eq", "1"), "rules.value"),
        (is_("customer.orderCount", "eq", True), "rules.value"),
        (is_("customer.orderCount", "eq", 10**15), "rules.value"),
        (is_("customer.totalSpent", "gt", -1), "rules.value"),
        (is_("customer.type", "eq", "alien"), "rules.value"),
        (is_("customer.type", "in", "b2b"), "rules.value"),
        (is_("customer.type", "in", []), "rules.value"),
        (is_("customer.type", "in", ["b2b", "alien"]), "rules.value[1]"),
        (is_("customer.orderCount", "between", [1]), "rules.value"),
        (is_("customer.orderCount", "between", [2, 1]), "rules.value"),
        (is_("customer.createdAt", "gt", "yesterday"), "rules.value"),
        (is_("customer.createdAt", "gt", "2026-02-30"), "rules.value"),
        (is_("customer.createdAt", "gt", "0001-01-01T00:00:00"), "rules.value"),
        (is_("customer.lastOrderAt", "in_last_days", 1.5), "rules.value"),
        (is_("customer.lastOrderAt", "in_last_days", -1), "rules.value"),
        (is_("customer.lastOrderAt", "in_last_days", 36_501), "rules.value"),
        (is_("customer.doNotContact", "eq", "true"), "rules.value"),
        (is_("customer.ownerId", "eq", "me"), "rules.value"),
        (is_("consent.email.everything", "eq", "granted"), "rules.field"),
        (is_("custom.unknown", "eq", "x"), "rules.field"),
        (nested(9), "rules.child.child.child.child.child.child.child.child"),
        (7, "rules"),
    ],
)
def test_bad_rules_are_named_by_their_path_and_nothing_is_written(
    api: Api, rules: Any, field: str, nothing_written: Any
) -> None:
    with nothing_written():
        created = api.post(SEGMENTS, {"name": "S", "rules": rules})
        tried = api.post(f"{SEGMENTS}/preview", {"rules": rules})
    for answer in (created, tried):
        assert answer.status == 422
        assert [one["field"] for one in answer.error["details"]] == [field]


def test_a_field_that_there_is_not_is_told_the_nearest_one(api: Api) -> None:
    answer = api.post(f"{SEGMENTS}/preview", {"rules": is_("orderCount", "gte", 1)})
    assert answer.status == 422
    told = "There is no such field; nearest is customer.orderCount."
    assert [one["message"] for one in answer.error["details"]] == [told]


def test_rules_have_limits(api: Api) -> None:
    assert api.post(f"{SEGMENTS}/preview", {"rules": nested(8)}).status == 200
    many = {"kind": "or", "children": [{"kind": "and", "children": [ONE] * 17}] * 6}
    answer = api.post(f"{SEGMENTS}/preview", {"rules": many})
    assert answer.status == 422
    assert answer.error["details"][0]["field"] == "rules"


def test_values_are_parameters_and_no_sql(api: Api, create_customer: Callable[..., Any]) -> None:
    odd = "a' OR 1=1 -- %s \\ %(x)s"
    create_customer(odd)
    create_customer("other")
    for op, value in (("eq", odd), ("contains", odd[:5]), ("in", [odd, '{"x"}'])):
        answer = api.post(f"{SEGMENTS}/preview", {"rules": is_("customer.name", op, value)})
        assert answer.data["count"] == 1
    # A percent sign and an underline are no wildcards.
    for value in ("o%r", "o_her", "%"):
        answer = api.post(f"{SEGMENTS}/preview", {"rules": is_("customer.name", "contains", value)})
        assert answer.data["count"] == (1 if value == "%" else 0)


def test_a_preview_counts_exactly_and_shows_some(
    api: Api, other_api: Api, create_customer: Callable[..., Any]
) -> None:
    made = [create_customer(f"C{number}", tags=["vip"]) for number in range(4)]
    create_customer("plain")
    create_customer("theirs", client=other_api, tags=["vip"])
    api.delete(f"{CUSTOMERS}/{made[0]['id']}")
    answer = api.post(f"{SEGMENTS}/preview", {"rules": VIPS, "sampleSize": 2}).data
    assert (answer["count"], answer["total"]) == (3, 4)
    assert [one["name"] for one in answer["sample"]] == ["C3", "C2"]
    assert api.post(f"{SEGMENTS}/preview", {"rules": VIPS, "sampleSize": 0}).data["sample"] == []

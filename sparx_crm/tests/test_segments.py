"""Segments: rules are checked, members kept by a worker, and events told once a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

import sparx_crm.segments.recomputing as recomputing
from sparx_core.testing import Api, DeliveryRun, Owner
from sparx_crm.segments.membership import change_chunk

SEGMENTS, MEMBERS, CUSTOMERS = "/v1/crm/segments", "/v1/crm/segment_members", "/v1/crm/customers"
Settle = Callable[[], None]


def is_(field: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    rule = {"kind": "predicate", "field": field, "op": op, **more}
    return rule if op in ("is_null", "is_not_null") else {**rule, "value": value}


VIPS = is_("customer.tags", "contains", "vip")
ONE = is_("customer.orderCount", "gte", 1)


@pytest.fixture
def settle(run_events: DeliveryRun) -> Settle:
    """Works off all there is, what is scheduled for a little later included."""

    def work() -> None:
        for _ in range(50):
            run_events.make_due()
            if not run_events():
                return
        raise AssertionError("still something to do")

    return work


@pytest.fixture
def create_segment(api: Api) -> Callable[..., Any]:
    def create(rules: Any = VIPS, client: Api | None = None, **more: Any) -> Any:
        body = {"name": f"S {uuid4()}", "rules": rules, **more}
        return (client or api).post(SEGMENTS, body).data

    return create


def members(api: Api, segment: Any) -> set[str]:
    return {one["customerId"] for one in api.get(MEMBERS, params={"segmentId": segment["id"]}).data}


def told(owner: Owner, segment: Any) -> list[tuple[str, str]]:
    """The events of who entered and exited, in their order."""
    return [
        (kind, customer)
        for kind, customer in owner.rows(
            "SELECT type, data ->> 'customerId' FROM core.events"
            " WHERE type IN ('segment.entered', 'segment.exited') AND data ->> 'segmentId' = %s"
            " ORDER BY position",
            segment["id"],
        )
    ]


# -- members -----------------------------------------------------------------------------------


def test_a_worker_finds_the_members(
    api: Api,
    other_api: Api,
    owner: Owner,
    settle: Settle,
    create_customer: Callable[..., Any],
    create_segment: Callable[..., Any],
) -> None:
    ann, bob = create_customer("Ann", tags=["vip"]), create_customer("Bob")
    create_customer("Theirs", client=other_api, tags=["vip"])
    segment = create_segment()
    assert segment["recomputing"] is True
    assert segment["computedAt"] is None
    settle()
    shown = api.get(f"{SEGMENTS}/{segment['id']}").data
    assert (shown["memberCount"], shown["recomputing"]) == (1, False)
    assert shown["computedAt"] is not None
    assert shown["version"] == 1
    assert members(api, segment) == {ann["id"]}
    assert told(owner, segment) == [("segment.entered", ann["id"])]

    api.patch(f"{CUSTOMERS}/{ann['id']}", {"tags": []})
    api.patch(f"{CUSTOMERS}/{bob['id']}", {"tags": ["vip"]})
    settle()
    assert members(api, segment) == {bob["id"]}
    assert sorted(told(owner, segment)[1:]) == [
        ("segment.entered", bob["id"]), ("segment.exited", ann["id"])
    ]  # fmt: skip
    # Deleted customers exit, and restored ones are back.
    api.delete(f"{CUSTOMERS}/{bob['id']}")
    settle()
    assert members(api, segment) == set()
    api.post(f"{CUSTOMERS}/{bob['id']}/restore")
    settle()
    assert members(api, segment) == {bob["id"]}
    assert len(told(owner, segment)) == 5
    # Looked at again, nothing has changed.
    assert api.post(f"{SEGMENTS}/{segment['id']}/recompute").data["recomputing"] is True
    settle()
    assert len(told(owner, segment)) == 5
    assert members(other_api, segment) == set()
    assert other_api.get(f"{SEGMENTS}/{segment['id']}").status == 404
    assert other_api.get(CUSTOMERS, params={"segmentId": segment["id"]}).data == []


def test_orders_make_members(
    api: Api,
    settle: Settle,
    customer: Any,
    place_order: Callable[..., Any],
    create_segment: Callable[..., Any],
) -> None:
    segment = create_segment(is_("customer.totalSpent", "gte", 100))
    settle()
    place_order(customer, 60)
    settle()
    assert members(api, segment) == set()
    place_order(customer, 60)
    settle()
    assert members(api, segment) == {customer["id"]}


def test_other_rules_other_members(
    api: Api,
    owner: Owner,
    settle: Settle,
    create_customer: Callable[..., Any],
    create_segment: Callable[..., Any],
) -> None:
    ann, bob = create_customer("Ann", tags=["vip"]), create_customer("Bob")
    segment = create_segment()
    settle()
    path = f"{SEGMENTS}/{segment['id']}"
    assert api.patch(path, {"rules": {"kind": "and", "children": [7]}}).status == 422
    assert api.patch(path, {"name": segment["name"]}).data["version"] == 1
    assert api.patch(path, {"rules": {"kind": "not", "child": VIPS}}).data["recomputing"] is True
    settle()
    assert members(api, segment) == {bob["id"]}
    assert sorted(told(owner, segment)) == sorted([
        ("segment.entered", ann["id"]),
        ("segment.entered", bob["id"]),
        ("segment.exited", ann["id"]),
    ])  # fmt: skip


def test_frozen_members_stay(
    api: Api,
    settle: Settle,
    create_customer: Callable[..., Any],
    create_segment: Callable[..., Any],
) -> None:
    ann = create_customer("Ann", tags=["vip"])
    dynamic, fixed = create_segment(), create_segment(kind="frozen")
    assert fixed["kind"] == "frozen"
    path = f"{SEGMENTS}/{dynamic['id']}"
    assert api.post(f"{path}/freeze").data["kind"] == "frozen"
    settle()
    api.patch(f"{CUSTOMERS}/{ann['id']}", {"tags": []})
    create_customer("Bob", tags=["vip"])
    settle()
    assert members(api, dynamic) == members(api, fixed) == {ann["id"]}
    for answer in (
        api.post(f"{path}/freeze"),
        api.post(f"{path}/recompute"),
        api.patch(path, {"rules": ONE}),
    ):
        assert (answer.status, answer.error["code"]) == (409, "segment_frozen")
    assert api.patch(path, {"rules": VIPS, "color": "#FFFFFF"}).status == 200
    assert api.patch(path, {"kind": "dynamic"}).status == 422


def test_archived_segments_rest(
    api: Api,
    settle: Settle,
    create_customer: Callable[..., Any],
    create_segment: Callable[..., Any],
) -> None:
    segment = create_segment()
    settle()
    path = f"{SEGMENTS}/{segment['id']}"
    assert segment["allowedTransitions"] == ["archive"]
    assert api.post(f"{path}/archive").data["status"] == "archived"
    ann = create_customer("Ann", tags=["vip"])
    settle()
    assert members(api, segment) == set()
    assert api.post(f"{path}/archive").error["code"] == "invalid_transition"
    for verb in ("freeze", "recompute"):
        assert api.post(f"{path}/{verb}").error["code"] == "segment_archived"
    api.post(f"{path}/unarchive")
    settle()
    assert members(api, segment) == {ann["id"]}
    assert api.delete(path).status == 200
    assert members(api, segment) == set()


def test_names_are_unique(api: Api, create_segment: Callable[..., Any]) -> None:
    segment = create_segment(name="One")
    assert api.post(SEGMENTS, {"name": "One", "rules": VIPS}).error["code"] == "conflict"
    for body in ({"color": "red"}, {"name": "x" * 121}, {"status": "archived"}, {"memberCount": 1}):
        assert api.patch(f"{SEGMENTS}/{segment['id']}", body).status == 422


def test_filter_of_customers(
    api: Api,
    settle: Settle,
    create_customer: Callable[..., Any],
    create_segment: Callable[..., Any],
    query_count: Callable[[], Any],
) -> None:
    made = [create_customer(f"C{number}", tags=["vip"]) for number in range(5)]
    plain = create_customer("C9", type="b2b")
    segment = create_segment()
    settle()
    asked = {"segmentId": segment["id"], "sort": "-name", "take": 2}
    with query_count() as log:
        first = api.get(CUSTOMERS, params=asked)
    assert len(log.statements) <= 2
    assert [one["name"] for one in first.data] == ["C4", "C3"]
    assert first.meta["total"] == 5
    rest = api.get(CUSTOMERS, params={**asked, "cursor": first.meta["next_cursor"], "take": 9})
    assert [one["name"] for one in rest.data] == ["C2", "C1", "C0"]
    found = api.get(CUSTOMERS, params={"segmentId": segment["id"], "name": "C1", "q": "c1"})
    assert [one["id"] for one in found.data] == [made[1]["id"]]
    assert found.meta["total"] == 1
    others = api.get(CUSTOMERS, params={"segmentId[ne]": segment["id"]})
    assert [one["id"] for one in others.data] == [plain["id"]]
    assert others.meta["total"] == 1
    several = api.get(CUSTOMERS, params={"segmentId[in]": f"{segment['id']},{uuid4()}"})
    assert several.meta["total"] == 5
    assert api.get(CUSTOMERS, params={"segmentId": "x"}).status == 400
    assert api.get(CUSTOMERS, params={"segmentId[gt]": segment["id"]}).status == 400
    spent = api.get(CUSTOMERS, params={"totalSpent[gte]": "1", "orderCount": "0"})
    assert spent.data == []


# -- workers that die --------------------------------------------------------------------------


def test_a_worker_that_dies_in_the_middle(
    api: Api,
    owner: Owner,
    settle: Settle,
    create_customer: Callable[..., Any],
    create_segment: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = [create_customer(f"C{number}", tags=["vip"] * (number % 2)) for number in range(9)]
    monkeypatch.setattr(recomputing, "CHUNK", 2)
    done: list[Any] = []
    real = change_chunk

    def dying(*arguments: Any) -> Any:
        """Dies after all was sent, and before the commit: in every second chunk, once."""
        result = real(*arguments)
        done.append(arguments[2])
        if len(done) in (2, 4, 7):
            raise SystemError("killed")
        return result

    monkeypatch.setattr(recomputing, "change_chunk", dying)
    segment = create_segment()
    settle()
    vips = {one["id"] for one in made if one["tags"]}
    assert len(done) > 6
    assert members(api, segment) == vips
    assert sorted(told(owner, segment)) == sorted(("segment.entered", one) for one in vips)
    assert api.get(f"{SEGMENTS}/{segment['id']}").data["memberCount"] == 4


def test_recomputed_on_the_hour(
    api: Api,
    owner: Owner,
    settle: Settle,
    run_events: DeliveryRun,
    create_customer: Callable[..., Any],
    create_segment: Callable[..., Any],
) -> None:
    """Time alone makes members."""
    ann = create_customer("Ann")
    segment = create_segment(is_("customer.createdAt", "before_last_days", 30))
    settle()
    assert members(api, segment) == set()
    owner.execute("UPDATE crm.customers SET created_at = now() - interval '31 days'")
    run_events.periodic("crm.recompute_segments")
    settle()
    assert members(api, segment) == {ann["id"]}


def test_every_tenant_begins_with_segments(
    api: Api, settle: Settle, create_customer: Callable[..., Any], run_events: DeliveryRun
) -> None:
    found = {one["builtIn"]: one for one in api.get(SEGMENTS).data}
    assert set(found) == {"high-value", "at-risk", "b2b", "new-customers"}
    ann = create_customer("Ann", type="b2b")
    run_events.periodic("crm.recompute_segments")
    settle()
    for key in ("b2b", "new-customers"):
        assert members(api, found[key]) == {ann["id"]}
    for key in ("high-value", "at-risk"):
        assert members(api, found[key]) == set()
    assert api.patch(f"{SEGMENTS}/{found['b2b']['id']}", {"name": "Firms"}).status == 200


def test_custom_fields_in_rules(
    api: Api,
    settle: Settle,
    create_customer: Callable[..., Any],
    create_segment: Callable[..., Any],
) -> None:
    for key, type_ in (("score", "number"), ("region", "text"), ("since", "date")):
        field = {"resource": "crm.customers", "key": key, "label": key, "type": type_}
        assert api.post("/v1/custom-fields", field).status == 201
    ann = create_customer("Ann", custom={"score": 9.5, "region": "Nord", "since": "2020-02-29"})
    create_customer("Bob", custom={"score": 10})
    create_customer("Cid")
    for rule, count in (
        (is_("custom.score", "gt", 9), 2),
        (is_("custom.score", "between", [9, 9.5]), 1),
        (is_("custom.region", "contains", "NOR"), 1),
        (is_("custom.region", "neq", "Nord"), 2),
        (is_("custom.since", "lt", "2020-03-01"), 1),
        (is_("custom.since", "is_null"), 2),
    ):
        assert api.post(f"{SEGMENTS}/preview", {"rules": rule}).data["count"] == count, rule
    segment = create_segment(is_("custom.region", "eq", "Nord"))
    settle()
    assert members(api, segment) == {ann["id"]}
    assert api.post(f"{SEGMENTS}/preview", {"rules": is_("custom.score", "gt", "9")}).status == 422

"""Pipelines, their stages and the reasons for losing: kept in order, and never left without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .selling import MISSING, PATH, STAGES, Sales, fields, refused

PIPELINES, STAGE = "/v1/crm/pipelines", "/v1/crm/stages"
Told = Callable[[Any], list[str]]


def names(api: Api, pipeline: Any) -> list[str]:
    found = api.get(f"{STAGE}?pipelineId={pipeline['id']}&sort=position").data
    return [one["name"] for one in found]


# -- what a tenant begins with ---------------------------------------------------------------------


def test_default_pipeline(api: Api) -> None:
    (pipeline,) = api.get(PIPELINES).data
    assert (pipeline["name"], pipeline["isDefault"], pipeline["winOnOrder"]) == (
        "Sales Pipeline", True, True,
    )  # fmt: skip
    shown = api.get(f"{PIPELINES}/{pipeline['id']}").data["stages"]
    assert [(one["name"], one["probability"], one["kind"], one["color"]) for one in shown] == [
        ("Lead", 10, "open", "#94A3B8"),
        ("Qualified", 25, "open", "#06B6D4"),
        ("Proposal Sent", 50, "open", "#0EA5E9"),
        ("Negotiation", 75, "open", "#6366F1"),
        ("Closed Won", 100, "won", "#10B981"),
        ("Closed Lost", 0, "lost", "#EF4444"),
    ]
    reasons = api.get("/v1/crm/lost-reasons?sort=position").data
    assert [one["name"] for one in reasons][:2] == ["Price", "Competitor"]


def test_activated_again_it_is_found_again(
    sales: Sales, activate: Callable[..., None], deactivate: Callable[..., None]
) -> None:
    deal, won, lost = (sales.deal() for _ in range(3))
    sales.do(won, "win")
    sales.do(lost, "lose", {"reason": "Price"})
    before = [(sales.get(one), sales.history(one)) for one in (deal, won, lost)]
    api = sales.api
    (pipeline,) = api.get(PIPELINES).data
    api.patch(f"{PIPELINES}/{pipeline['id']}", {"name": "Ours"})
    deactivate("crm")
    assert refused(api.get(PATH), 403, "module_disabled")
    activate("crm")
    assert [(one["id"], one["name"]) for one in api.get(PIPELINES).data] == [
        (pipeline["id"], "Ours")
    ]
    assert [(sales.get(one), sales.history(one)) for one in (deal, won, lost)] == before
    assert sales.do(won, "reopen").data["stageId"] == deal["stageId"]
    assert len(api.get("/v1/crm/lost-reasons").data) == 7


# -- pipelines -------------------------------------------------------------------------------------


def test_exactly_one_is_the_default(sales: Sales, nothing_written: Any) -> None:
    api = sales.api
    (first,) = api.get(PIPELINES).data
    second = api.post(PIPELINES, {"name": "Partners", "isDefault": True}).data
    assert second["isDefault"] is True
    assert [one["id"] for one in api.get(f"{PIPELINES}?isDefault=true").data] == [second["id"]]
    assert api.patch(f"{PIPELINES}/{first['id']}", {"isDefault": True}).data["isDefault"] is True
    assert [one["id"] for one in api.get(f"{PIPELINES}?isDefault=true").data] == [first["id"]]
    with nothing_written():
        path = f"{PIPELINES}/{first['id']}"
        refused(api.patch(path, {"isDefault": False}), 409, "default_pipeline")
        refused(api.post(f"{path}/archive", {}), 409, "default_pipeline")
        refused(api.delete(path), 409, "default_pipeline")
        refused(api.post(PIPELINES, {"name": "Partners"}), 409, "conflict")
        assert fields(api.post(PIPELINES, {"name": ""})) == ["name"]


def test_archived(sales: Sales, a: Any, nothing_written: Any) -> None:
    deal = sales.deal(stageId=a["New"])
    archived = sales.api.post(f"{PIPELINES}/{a['id']}/archive", {}).data
    assert archived["archivedAt"] is not None
    with nothing_written():
        again = sales.api.post(f"{PIPELINES}/{a['id']}/archive", {}).data
        assert again["archivedAt"] == archived["archivedAt"]
        answer = sales.api.post(PATH, {"title": "X", "pipelineId": a["id"]})
        assert fields(answer) == ["pipelineId"]
        answer = sales.api.post(PATH, {"title": "X", "stageId": a["New"]})
        assert fields(answer) == ["pipelineId"]
        answer = sales.api.patch(f"{PIPELINES}/{a['id']}", {"isDefault": True})
        assert fields(answer) == ["isDefault"]
    assert sales.do(deal, "win").data["status"] == "won"
    back = sales.api.post(f"{PIPELINES}/{a['id']}/unarchive", {}).data
    assert back["archivedAt"] is None


def test_deleted_with_its_stages_unless_it_has_deals(
    sales: Sales, a: Any, b: Any, nothing_written: Any, owner: Owner
) -> None:
    sales.deal(stageId=a["New"])
    with nothing_written():
        refused(sales.api.delete(f"{PIPELINES}/{a['id']}"), 409, "conflict")
    assert sales.api.delete(f"{PIPELINES}/{b['id']}").status == 200
    assert owner.rows("SELECT id FROM crm.stages WHERE pipeline_id = %s", b["id"]) == []


# -- stages ----------------------------------------------------------------------------------------


BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "won", "probability": 90}, "probability"),
    ({"kind": "lost", "probability": 1}, "probability"),
    ({"probability": 101}, "probability"),
    ({"probability": -1}, "probability"),
    ({"kind": "maybe"}, "kind"),
    ({"rotDays": 0}, "rotDays"),
    ({"requiredFields": ["shoeSize"]}, "requiredFields[0]"),
    ({"color": "red"}, "color"),
]


def test_bad_stages(sales: Sales, a: Any, nothing_written: Any) -> None:
    made = {"pipelineId": a["id"], "name": "Bad"}
    with nothing_written():
        for body, field in BAD:
            assert fields(sales.api.post(STAGE, {**made, **body})) == [field], body
            assert fields(sales.api.patch(f"{STAGE}/{a['New']}", body)) == [field], body
        assert fields(sales.api.post(STAGE, {**made, "position": -1})) == ["position"]
        assert fields(sales.api.post(STAGE, {**made, "pipelineId": MISSING})) == ["pipelineId"]
        for name in ("position", "pipelineId"):
            value = 1 if name == "position" else a["id"]
            assert fields(sales.api.patch(f"{STAGE}/{a['New']}", {name: value})) == [name]


def test_probability_follows_the_kind(sales: Sales, a: Any) -> None:
    made = {"pipelineId": a["id"], "name": "Signed", "kind": "won"}
    assert sales.api.post(STAGE, made).data["probability"] == 100
    changed = sales.api.patch(f"{STAGE}/{a['Talks']}", {"kind": "lost"}).data
    assert (changed["kind"], changed["probability"]) == ("lost", 0)


def test_the_database_keeps_it_too(sales: Sales, a: Any, owner: Owner) -> None:
    deal = sales.deal(stageId=a["New"])
    for sql, row in (
        ("UPDATE crm.stages SET probability = 101 WHERE id = %s", a["New"]),
        ("UPDATE crm.stages SET probability = 99 WHERE id = %s", a["Won"]),
        ("UPDATE crm.stages SET kind = 'won', probability = 100 WHERE id = %s", a["New"]),
        ("UPDATE crm.deals SET probability = 101 WHERE id = %s", deal["id"]),
        ("UPDATE crm.deals SET status = 'won' WHERE id = %s", deal["id"]),
        (f"UPDATE crm.deals SET stage_id = '{a['Won']}' WHERE id = %s", deal["id"]),
        ("UPDATE crm.pipelines SET is_default = true WHERE id = %s", a["id"]),
    ):
        with pytest.raises(Exception, match=r"violates|constraint"):
            owner.execute(sql, row)


def test_order(sales: Sales, a: Any, b: Any, nothing_written: Any) -> None:
    api = sales.api
    assert names(api, a) == ["New", "Talks", "Won", "Lost", "Won more"]
    api.post(STAGE, {"pipelineId": a["id"], "name": "Second", "position": 1})
    assert names(api, a) == ["New", "Second", "Talks", "Won", "Lost", "Won more"]
    ids = [one["id"] for one in api.get(f"{STAGE}?pipelineId={a['id']}&sort=position").data]
    path = f"{PIPELINES}/{a['id']}/reorder"
    shown = api.post(path, {"stageIds": ids[::-1]}).data
    assert [one["id"] for one in shown["stages"]] == ids[::-1]
    assert names(api, a)[0] == "Won more"
    with nothing_written():
        for wrong in (ids[1:], [*ids, ids[0]], [*ids[1:], b["New"]], []):
            assert fields(api.post(path, {"stageIds": wrong})) == ["stageIds"]
        assert fields(api.post(path, {})) == ["stageIds"]
        taken = api.post(STAGE, {"pipelineId": a["id"], "name": "New"})
        refused(taken, 409, "conflict")
    assert api.post(STAGE, {"pipelineId": b["id"], "name": "Second"}).status == 201


def test_at_most_a_hundred(sales: Sales, owner: Owner, nothing_written: Any) -> None:
    pipeline = sales.pipeline("Long", {})
    owner.execute(
        "INSERT INTO crm.stages (tenant_id, id, pipeline_id, name, position, probability)"
        " SELECT tenant_id, gen_random_uuid(), id, 'S' || n, n, 0"
        "   FROM crm.pipelines, generate_series(0, 98) n WHERE id = %s",
        pipeline["id"],
    )
    more = {"pipelineId": pipeline["id"], "name": "Last"}
    assert sales.api.post(STAGE, more).data["position"] == 99
    with nothing_written():
        refused(sales.api.post(STAGE, {**more, "name": "Too many"}), 409, "conflict")


def test_kind_stays_while_deals_are_in_it(sales: Sales, a: Any, nothing_written: Any) -> None:
    sales.deal(stageId=a["New"])
    with nothing_written():
        answer = sales.api.patch(f"{STAGE}/{a['New']}", {"kind": "won"})
        assert refused(answer, 409, "stage_in_use")["details"] == {"deals": 1}


def test_deleted_with_deals(sales: Sales, a: Any, b: Any, told: Told, nothing_written: Any) -> None:
    deals = [sales.deal(stageId=a["New"]), sales.deal(stageId=a["New"], probability=33)]
    closed = sales.deal(stageId=a["New"])
    sales.do(closed, "win")
    path = f"{STAGE}/{a['New']}"
    with nothing_written():
        assert refused(sales.api.delete(path), 409, "stage_in_use")["details"] == {"deals": 2}
        for wrong in (b["New"], a["Won"], a["New"], MISSING):
            assert fields(sales.api.delete(f"{path}?moveTo={wrong}")) == ["moveTo"]
        refused(sales.api.delete(f"{path}?moveTo=x"), 400, "bad_request")
        refused(sales.api.delete(f"{path}?other=x"), 400, "bad_request")
    assert sales.api.delete(f"{path}?moveTo={a['Talks']}").data == {
        "id": a["New"], "deleted": True,
    }  # fmt: skip
    for deal, probability in zip(deals, (60, 33), strict=True):
        moved = sales.get(deal)
        assert (moved["stageId"], moved["probability"]) == (a["Talks"], probability)
        assert told(deal) == ["deal.created", "deal.stage_changed"]
        steps = [(one["fromName"], one["toName"]) for one in sales.history(deal)]
        assert steps == [(None, "New"), ("New", "Talks")]
    assert told(closed) == ["deal.created", "deal.won"]
    assert sales.do(closed, "reopen").data["stageId"] == a["Talks"]
    assert sales.api.delete(f"{STAGE}/{a['Won more']}").status == 200


def test_reasons(sales: Sales, a: Any, nothing_written: Any) -> None:
    api, path = sales.api, "/v1/crm/lost-reasons"
    made = api.post(path, {"name": "Merged", "position": 9}).data
    with nothing_written():
        refused(api.post(path, {"name": "Merged"}), 409, "conflict")
    api.post(f"{path}/{made['id']}/archive", {})
    deal = sales.deal(stageId=a["New"])
    with nothing_written():
        assert fields(sales.do(deal, "lose", {"reasonId": made["id"]})) == ["reasonId"]
    api.post(f"{path}/{made['id']}/unarchive", {})
    assert sales.do(deal, "lose", {"reasonId": made["id"]}).data["lostReasonId"] == made["id"]
    with nothing_written():
        refused(api.delete(f"{path}/{made['id']}"), 409, "conflict")
    assert api.delete(f"{path}/{sales.reasons['Other']}").status == 200


def test_second_tenant(sales: Sales, a: Any, other_api: Api, nothing_written: Any) -> None:
    theirs = Sales(other_api, sales.owner).pipeline("A", STAGES)
    with nothing_written():
        for verb in ("archive", "unarchive"):
            assert other_api.post(f"{PIPELINES}/{a['id']}/{verb}", {}).status == 404
        assert (
            other_api.post(f"{PIPELINES}/{a['id']}/reorder", {"stageIds": [a["New"]]}).status == 404
        )
        assert other_api.patch(f"{STAGE}/{a['New']}", {"name": "Mine"}).status == 404
        assert other_api.delete(f"{STAGE}/{a['New']}").status == 404
        made = other_api.post(STAGE, {"pipelineId": a["id"], "name": "Mine"})
        assert fields(made) == ["pipelineId"]
        ids = [theirs[name] for name in STAGES]
        wrong = other_api.post(
            f"{PIPELINES}/{theirs['id']}/reorder", {"stageIds": [*ids[1:], a["New"]]}
        )
        assert fields(wrong) == ["stageIds"]
    assert a["id"] not in [one["id"] for one in other_api.get(PIPELINES).data]

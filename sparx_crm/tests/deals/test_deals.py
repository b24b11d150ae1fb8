"""Deals: created, moved through their stages, won, lost, reopened; what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .selling import MISSING, PATH, STAGES, Sales, fields, refused

Told = Callable[[Any], list[str]]


# -- created ---------------------------------------------------------------------------------------


def test_first_open_stage_of_the_default_pipeline(sales: Sales, told: Told) -> None:
    deal = sales.deal()
    pipeline = sales.api.get("/v1/crm/pipelines?isDefault=true").data[0]
    stages = sales.api.get(f"/v1/crm/stages?pipelineId={pipeline['id']}&sort=position").data
    assert (deal["pipelineId"], deal["stageId"]) == (pipeline["id"], stages[0]["id"])
    assert (deal["status"], deal["probability"], deal["probabilityOverridden"]) == (
        "open", 10, False,
    )  # fmt: skip
    assert (deal["currency"], deal["amount"], deal["closedAt"], deal["daysInStage"]) == (
        "USD", None, None, 0,
    )  # fmt: skip
    assert deal["allowedTransitions"] == ["move", "win", "lose"]
    assert told(deal) == ["deal.created"]
    (first,) = sales.history(deal)
    assert (first["fromStageId"], first["toStageId"]) == (None, stages[0]["id"])


def test_everything_comes_back(sales: Sales, a: Any, customer: Any) -> None:
    member = sales.api.post("/v1/members", {"name": "Sal"}).data
    account = sales.api.post("/v1/crm/accounts", {"name": "Example Ltd"}).data
    body = {
        "title": "Injectors",
        "customerId": customer["id"],
        "accountId": account["id"],
        "ownerId": member["id"],
        "pipelineId": a["id"],
        "stageId": a["Talks"],
        "probability": 33,
        "amount": Decimal("2500.50"),
        "currency": "EUR",
        "expectedCloseOn": "2027-02-28",
        "source": "Fair",
        "tags": ["fleet"],
        "notes": "Decides soon.",
    }
    deal = sales.deal(**body)
    assert {name: deal[name] for name in body} == body
    assert deal["probabilityOverridden"] is True
    shown = sales.get(deal)
    assert {name: shown[name] for name in body} == body
    assert shown["items"] == []


def test_stage_of_another_pipeline_is_refused(
    sales: Sales, a: Any, b: Any, nothing_written: Any
) -> None:
    with nothing_written():
        answer = sales.api.post(PATH, {"title": "X", "pipelineId": a["id"], "stageId": b["New"]})
    assert fields(answer) == ["stageId"]
    deal = sales.deal(stageId=a["New"])
    with nothing_written():
        assert fields(sales.change(deal, stageId=b["New"])) == ["stageId"]
        assert fields(sales.do(deal, "move", {"stageId": b["New"]})) == ["stageId"]
        assert fields(sales.change(deal, pipelineId=b["id"])) == ["stageId"]
        assert fields(sales.change(deal, pipelineId=b["id"], stageId=a["New"])) == ["stageId"]


def test_another_pipeline_with_a_stage_of_it(sales: Sales, a: Any, b: Any, told: Told) -> None:
    deal = sales.deal(stageId=a["New"])
    moved = sales.change(deal, pipelineId=b["id"], stageId=b["Talks"]).data
    assert (moved["pipelineId"], moved["stageId"], moved["probability"]) == (
        b["id"], b["Talks"], 60,
    )  # fmt: skip
    assert told(deal) == ["deal.created", "deal.stage_changed"]


def test_probability_out_of_bounds(sales: Sales, a: Any, nothing_written: Any) -> None:
    deal = sales.deal(stageId=a["New"])
    with nothing_written():
        for sent in (101, -1, Decimal("50.5"), "50", True):
            assert fields(sales.change(deal, probability=sent)) == ["probability"]
            answer = sales.api.post(PATH, {"title": "X", "probability": sent})
            assert fields(answer) == ["probability"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"title": " "}, "title"),
    ({"stageId": MISSING}, "stageId"),
    ({"pipelineId": MISSING}, "pipelineId"),
    ({"customerId": MISSING}, "customerId"),
    ({"accountId": MISSING}, "accountId"),
    ({"ownerId": MISSING}, "ownerId"),
    ({"amount": -1}, "amount"),
    ({"amount": Decimal("1.005")}, "amount"),
    ({"amount": Decimal("1.5"), "currency": "JPY"}, "amount"),
    ({"currency": "XXQ"}, "currency"),
    ({"expectedCloseOn": "2027-02-30"}, "expectedCloseOn"),
    ({"expectedCloseOn": "20270228"}, "expectedCloseOn"),
    ({"closedAt": "2027-01-01T00:00:00Z"}, "closedAt"),
    ({"lostNote": "No"}, "lostNote"),
    ({"lostReasonId": MISSING}, "lostReasonId"),
    ({"nonsense": 1}, "nonsense"),
]


def test_bad_input(sales: Sales, nothing_written: Any) -> None:
    deal = sales.deal()
    with nothing_written():
        for body, field in BAD:
            assert field in fields(sales.api.post(PATH, {"title": "X", **body})), body
            assert fields(sales.change(deal, **body)), body
        assert fields(sales.api.post(PATH, {"title": "X", "status": "won"})) == ["status"]
        assert fields(sales.api.post(PATH, {})) == ["title"]


# -- probability -----------------------------------------------------------------------------------


def test_stage_writes_the_probability_unless_overridden(sales: Sales, a: Any) -> None:
    deal = sales.deal(stageId=a["New"])
    assert deal["probability"] == 20
    assert sales.do(deal, "move", {"stageId": a["Talks"]}).data["probability"] == 60
    assert sales.change(deal, probability=75).data["probabilityOverridden"] is True
    assert sales.do(deal, "move", {"stageId": a["New"]}).data["probability"] == 75
    back = sales.change(deal, probability=None).data
    assert (back["probability"], back["probabilityOverridden"]) == (20, False)


def test_closed_deals_have_that_of_their_kind(sales: Sales, a: Any, nothing_written: Any) -> None:
    deal = sales.deal(stageId=a["New"])
    sales.do(deal, "win")
    with nothing_written():
        assert fields(sales.change(deal, probability=50)) == ["probability"]
    assert sales.change(deal, probability=100).status == 200


# -- won -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stage", "status", "move", "win"])
def test_won_once(sales: Sales, a: Any, told: Told, how: str, nothing_written: Any) -> None:
    deal = sales.deal(stageId=a["New"], probability=35)
    win = {
        "stage": lambda: sales.change(deal, stageId=a["Won"]),
        "status": lambda: sales.change(deal, status="won"),
        "move": lambda: sales.do(deal, "move", {"stageId": a["Won"]}),
        "win": lambda: sales.do(deal, "win"),
    }[how]
    won = win().data
    assert (won["status"], won["stageId"], won["probability"]) == ("won", a["Won"], 100)
    assert (won["previousStageId"], won["probabilityOverridden"]) == (a["New"], False)
    assert won["closedAt"] is not None
    assert won["allowedTransitions"] == ["move", "reopen"]
    with nothing_written():
        again = win()
    if how == "win":
        details = refused(again, 409, "invalid_transition")["details"]
        assert details == {"from": "won", "to": "won", "allowed": ["move", "reopen"]}
    else:
        assert again.data == won
    assert told(deal) == ["deal.created", "deal.won"]


def test_between_won_stages_closed_at_stays(sales: Sales, a: Any, told: Told, owner: Owner) -> None:
    deal = sales.deal(stageId=a["New"])
    sales.do(deal, "win")
    owner.execute(
        "UPDATE crm.deals SET closed_at = '2026-01-05T10:00:00Z' WHERE id = %s", deal["id"]
    )
    moved = sales.change(deal, stageId=a["Won more"]).data
    assert (moved["closedAt"], moved["status"]) == ("2026-01-05T10:00:00Z", "won")
    assert told(deal) == ["deal.created", "deal.won", "deal.stage_changed"]
    reopened = sales.do(deal, "reopen").data
    assert reopened["stageId"] == a["New"]


def test_pipeline_without_a_won_stage(sales: Sales, nothing_written: Any) -> None:
    pipeline = sales.pipeline("Open", {"Only": ("open", 5)})
    deal = sales.deal(pipelineId=pipeline["id"])
    with nothing_written():
        assert refused(sales.do(deal, "win"), 409, "no_stage")["details"] == {"kind": "won"}


# -- lost and reopened -----------------------------------------------------------------------------


def test_lost_needs_a_reason(sales: Sales, a: Any, nothing_written: Any) -> None:
    deal = sales.deal(stageId=a["New"])
    with nothing_written():
        assert fields(sales.do(deal, "lose")) == ["reasonId"]
        assert fields(sales.do(deal, "lose", {"note": "Too dear"})) == ["note"]
        assert fields(sales.do(deal, "lose", {"reason": "Mood"})) == ["reason"]
        assert fields(sales.do(deal, "lose", {"reasonId": MISSING})) == ["reasonId"]
        assert fields(sales.do(deal, "move", {"stageId": a["Lost"]})) == ["reasonId"]
        assert fields(sales.change(deal, status="lost")) == ["reasonId"]
        assert fields(sales.change(deal, lostReasonId=sales.reasons["Price"])) == ["reasonId"]
        both = {"reason": "Price", "reasonId": sales.reasons["Price"]}
        assert fields(sales.do(deal, "lose", both)) == ["reason"]
        lost = sales.api.post(PATH, {"title": "X", "stageId": a["Lost"]})
        assert fields(lost) == ["lostReasonId"]


def test_lost_and_reopened(sales: Sales, a: Any, told: Told) -> None:
    deal = sales.deal(stageId=a["Talks"], probability=45)
    lost = sales.do(deal, "lose", {"reason": "Price", "note": "12 % above"}).data
    assert (lost["status"], lost["stageId"], lost["probability"]) == ("lost", a["Lost"], 0)
    assert (lost["lostReasonId"], lost["lostNote"]) == (sales.reasons["Price"], "12 % above")
    assert lost["closedAt"] is not None
    back = sales.do(deal, "reopen").data
    assert (back["status"], back["stageId"], back["probability"]) == ("open", a["Talks"], 45)
    assert (back["closedAt"], back["lostReasonId"], back["lostNote"]) == (None, None, None)
    assert (back["probabilityOverridden"], back["previousStageId"]) == (True, a["Lost"])
    assert told(deal) == ["deal.created", "deal.lost", "deal.reopened"]
    steps = [(one["fromName"], one["toName"], one["toStatus"]) for one in sales.history(deal)]
    assert steps == [
        (None, "Talks", "open"), ("Talks", "Lost", "lost"), ("Lost", "Talks", "open"),
    ]  # fmt: skip
    assert sales.history(deal)[1]["lostReason"] == "Price"
    assert all(one["actor"].startswith("key:") for one in sales.history(deal))
    refused(sales.do(deal, "reopen"), 409, "invalid_transition")


def test_closed_deals_are_reopened_and_not_moved(
    sales: Sales, a: Any, nothing_written: Any
) -> None:
    deal = sales.deal(stageId=a["New"])
    sales.do(deal, "win")
    with nothing_written():
        answer = sales.do(deal, "move", {"stageId": a["Talks"]})
        assert refused(answer, 409, "invalid_transition")["details"]["from"] == "won"
        refused(sales.change(deal, stageId=a["New"]), 409, "invalid_transition")
        refused(sales.change(deal, status="open"), 409, "invalid_transition")
        lose = {"reason": "Price"}
        refused(sales.do(deal, "lose", lose), 409, "invalid_transition")


def test_entered_as_won(sales: Sales, a: Any, told: Told) -> None:
    deal = sales.deal(stageId=a["Won"])
    assert (deal["status"], deal["probability"]) == ("won", 100)
    assert told(deal) == ["deal.created"]
    assert sales.do(deal, "reopen").data["stageId"] == a["New"]


def test_reason_of_a_lost_deal_is_corrected(sales: Sales, a: Any, told: Told) -> None:
    deal = sales.deal(stageId=a["New"])
    sales.change(deal, status="lost", lostReasonId=sales.reasons["Price"])
    changed = sales.change(deal, lostReasonId=sales.reasons["Competitor"]).data
    assert changed["lostReasonId"] == sales.reasons["Competitor"]
    assert told(deal) == ["deal.created", "deal.lost", "deal.updated"]
    refused(
        sales.api.delete(f"/v1/crm/lost-reasons/{sales.reasons['Competitor']}"), 409, "conflict"
    )


# -- changed ---------------------------------------------------------------------------------------


def test_no_event_of_nothing(sales: Sales, a: Any, told: Told, nothing_written: Any) -> None:
    item = {"name": "Thing", "quantity": 2, "unitPrice": Decimal("1.50")}
    deal = sales.deal(stageId=a["New"], items=[item])
    with nothing_written():
        sales.change(deal, title="Fleet", stageId=a["New"], status="open", tags=[])
        sales.change(deal, items=[item])
        sales.do(deal, "move", {"stageId": a["New"]})
    assert told(deal) == ["deal.created"]


def test_one_event_of_many_changes(sales: Sales, a: Any, told: Told, owner: Owner) -> None:
    deal = sales.deal(stageId=a["New"])
    sales.change(deal, title="Bigger", amount=9, stageId=a["Talks"], tags=["x"])
    sales.change(deal, title="Biggest")
    assert told(deal) == ["deal.created", "deal.stage_changed", "deal.updated"]
    ((data,),) = owner.rows(
        "SELECT data FROM core.events WHERE aggregate_id = %s AND type = 'deal.stage_changed'",
        deal["id"],
    )
    assert (data["previousStageId"], data["stageId"]) == (a["New"], a["Talks"])
    assert (data["title"], data["items"]) == ("Bigger", [])


def test_amount_is_the_sum_of_items(sales: Sales, a: Any, told: Told, nothing_written: Any) -> None:
    items = [
        {"sku": "I1", "name": "Injector", "quantity": 8, "unitPrice": Decimal("289.50")},
        {"name": "Seal", "quantity": 3, "unitPrice": Decimal("0.335")},
    ]
    deal = sales.deal(stageId=a["New"], items=items)
    assert deal["amount"] == Decimal("2317.01")
    shown = sales.get(deal)["items"]
    assert shown == [items[0], {"sku": None, **items[1]}]
    with nothing_written():
        assert fields(sales.change(deal, amount=5)) == ["amount"]
        assert fields(sales.change(deal, items=[{**items[0], "quantity": 0}])) == [
            "items[0].quantity"
        ]
    changed = sales.change(deal, items=items[:1]).data
    assert (changed["amount"], changed["items"]) == (Decimal("2316.00"), items[:1])
    emptied = sales.change(deal, items=[]).data
    assert (emptied["amount"], emptied["items"]) == (Decimal("2316.00"), [])
    assert sales.change(deal, amount=5).data["amount"] == 5
    assert told(deal) == ["deal.created", *["deal.updated"] * 3]


def test_deleted(sales: Sales, a: Any, told: Told, owner: Owner) -> None:
    deal = sales.deal(stageId=a["New"], items=[{"name": "X", "quantity": 1, "unitPrice": 1}])
    assert sales.api.delete(f"{PATH}/{deal['id']}").data == {"id": deal["id"], "deleted": True}
    assert sales.api.get(f"{PATH}/{deal['id']}").status == 404
    assert told(deal) == ["deal.created", "deal.deleted"]
    for table in ("deal_items", "stage_changes"):
        assert owner.rows(f"SELECT id FROM crm.{table} WHERE deal_id = %s", deal["id"]) == []


# -- stages require, and deals rot -----------------------------------------------------------------


def test_required_fields(sales: Sales, a: Any, customer: Any, nothing_written: Any) -> None:
    stage = {"requiredFields": ["amount", "expectedCloseOn", "customerId"]}
    sales.api.patch(f"/v1/crm/stages/{a['Talks']}", stage)
    deal = sales.deal(stageId=a["New"], amount=5)
    with nothing_written():
        missing = ["expectedCloseOn", "customerId"]
        assert fields(sales.do(deal, "move", {"stageId": a["Talks"]})) == missing
        assert fields(sales.change(deal, stageId=a["Talks"])) == missing
        assert fields(sales.api.post(PATH, {"title": "X", "stageId": a["Talks"]})) == [
            "amount", *missing,
        ]  # fmt: skip
    moved = sales.change(
        deal, stageId=a["Talks"], expectedCloseOn="2027-01-01", customerId=customer["id"]
    )
    assert moved.data["stageId"] == a["Talks"]


def test_days_and_rotting(sales: Sales, a: Any, owner: Owner) -> None:
    sales.api.patch(f"/v1/crm/stages/{a['New']}", {"rotDays": 3})
    old, new = sales.deal(stageId=a["New"]), sales.deal(stageId=a["New"])
    owner.execute(
        "UPDATE crm.deals SET stage_entered_at = now() - interval '3 days 1 hour' WHERE id = %s",
        old["id"],
    )
    shown = sales.get(old)
    assert (shown["daysInStage"], shown["isRotting"]) == (3, True)
    assert sales.get(new)["isRotting"] is False
    assert [one["id"] for one in sales.api.get(f"{PATH}?isRotting=true").data] == [old["id"]]
    sales.do(old, "move", {"stageId": a["Talks"]})
    assert sales.history(old)[-1]["seconds"] in range(3 * 86400 + 3600, 3 * 86400 + 3660)
    assert sales.get(old)["isRotting"] is False


# -- another tenant --------------------------------------------------------------------------------


def test_second_tenant(
    sales: Sales, a: Any, other_api: Api, told: Told, nothing_written: Any
) -> None:
    others = Sales(other_api, sales.owner)
    theirs = others.pipeline("A", STAGES)
    deal = sales.deal(stageId=a["New"])
    with nothing_written():
        for verb, body in (
            ("move", {"stageId": theirs["Talks"]}),
            ("win", {}),
            ("lose", {"reason": "Price"}),
            ("reopen", {}),
        ):
            assert others.do(deal, verb, body).status == 404
        assert others.change(deal, title="Mine").status == 404
        assert other_api.delete(f"{PATH}/{deal['id']}").status == 404
        answer = sales.api.post(PATH, {"title": "X", "stageId": theirs["New"]})
        assert fields(answer) == ["stageId"]
        assert fields(sales.do(deal, "move", {"stageId": theirs["Talks"]})) == ["stageId"]
        reason = {"reasonId": others.reasons["Price"]}
        assert fields(sales.do(deal, "lose", reason)) == ["reasonId"]
        gone = f"/v1/crm/stages/{a['New']}?moveTo={theirs['New']}"
        assert fields(sales.api.delete(gone)) == ["moveTo"]
    assert other_api.get(PATH).data == []
    assert other_api.get(f"/v1/crm/stage-changes?dealId={deal['id']}").data == []
    assert told(deal) == ["deal.created"]

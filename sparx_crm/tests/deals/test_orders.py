"""An order that is placed for a deal wins it, and members see the deals that are theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, DeliveryRun

from .selling import PATH, Sales, refused

Told = Callable[[Any], list[str]]


@pytest.fixture
def ordered(place_order: Callable[..., Any], customer: Any) -> Callable[[Any], Any]:
    """Places an order for a deal."""
    return lambda deal: place_order(customer, dealId=deal["id"])


def test_an_order_wins_its_deal_once(
    sales: Sales, a: Any, ordered: Callable[[Any], Any], told: Told, run_events: DeliveryRun
) -> None:
    # What the stage requires is asked of people, and not of what has happened.
    sales.api.patch(f"/v1/crm/stages/{a['Won']}", {"requiredFields": ["amount"]})
    deal, other = sales.deal(stageId=a["New"]), sales.deal(stageId=a["New"])
    ordered(deal)
    ordered(deal)
    run_events()
    won = sales.get(deal)
    assert (won["status"], won["stageId"], won["probability"]) == ("won", a["Won"], 100)
    assert told(deal) == ["deal.created", "deal.won"]
    assert sales.history(deal)[-1]["actor"].startswith("handler:")
    assert sales.get(other)["status"] == "open"
    sales.do(deal, "reopen")
    assert run_events() >= 0
    assert sales.get(deal)["status"] == "open"


def test_unless_the_pipeline_or_the_deal_says_otherwise(
    sales: Sales, a: Any, b: Any, ordered: Callable[[Any], Any], told: Told, run_events: DeliveryRun
) -> None:
    sales.api.patch(f"/v1/crm/pipelines/{a['id']}", {"winOnOrder": False})
    left, lost = sales.deal(stageId=a["New"]), sales.deal(stageId=b["New"])
    sales.do(lost, "lose", {"reason": "Price"})
    none = sales.deal(pipelineId=sales.pipeline("Open", {"Only": ("open", 5)})["id"])
    for deal in (left, lost, none):
        ordered(deal)
    run_events()
    assert sales.get(left)["status"] == sales.get(none)["status"] == "open"
    assert told(lost) == ["deal.created", "deal.lost"]


def test_members_see_their_own(sales: Sales, a: Any, anonymous: Api) -> None:
    api = sales.api
    kim, sam = (api.post("/v1/members", {"name": name}).data["id"] for name in ("Kim", "Sam"))
    mine = sales.deal(stageId=a["New"], ownerId=kim, amount=100)
    other = sales.deal(stageId=a["New"], ownerId=sam, amount=7000)
    key = api.post(
        "/v1/keys",
        {"name": "Kim", "scopes": ["read:crm", "write:crm"], "memberId": kim, "visibility": "own"},
    ).data["key"]
    kims = Sales(anonymous.with_key(key), sales.owner)
    assert [one["id"] for one in kims.api.get(PATH).data] == [mine["id"]]
    assert kims.api.get(f"{PATH}/{other['id']}").status == 404
    for verb, body in (("move", {"stageId": a["Talks"]}), ("win", {}), ("reopen", {})):
        assert kims.do(other, verb, body).status == 404
    moved = kims.do(mine, "move", {"stageId": a["Talks"]})
    assert moved.data["stageId"] == a["Talks"]
    (row,) = kims.api.get("/v1/crm/deals/forecast").data
    assert (row["openCount"], row["weightedAmount"]) == (1, 60)
    (report,) = kims.api.get("/v1/crm/reports/win-loss").data
    assert (report["ownerId"], report["open"]) == (kim, 1)
    assert len(kims.history(mine)) == 2
    assert kims.history(other) == []
    assert {one["dealId"] for one in kims.api.get("/v1/crm/stage-changes").data} == {mine["id"]}
    refused(kims.api.delete(f"/v1/crm/stages/{a['New']}"), 403, "forbidden")

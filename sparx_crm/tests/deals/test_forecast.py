"""Forecast and reports: exact, each currency for itself, by the tenant's days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .selling import Sales, refused

FORECAST = "/v1/crm/deals/forecast"


@pytest.fixture
def dated(sales: Sales, a: Any) -> Sales:
    """1,000.00 at 20 % and 2,500.50 at 60 % in March; others beside them."""
    march = {"expectedCloseOn": "2027-03-15"}
    sales.deal(stageId=a["New"], amount=1000, **march)
    sales.deal(stageId=a["Talks"], amount=Decimal("2500.50"), expectedCloseOn="2027-03-31")
    sales.deal(stageId=a["New"], amount=700, currency="EUR", **march)
    sales.deal(stageId=a["New"], amount=500, expectedCloseOn="2027-04-01")
    sales.deal(stageId=a["New"], amount=90)
    sales.deal(stageId=a["Talks"], **march)
    lost = sales.deal(stageId=a["New"], amount=9999, **march)
    sales.do(lost, "lose", {"reason": "Price"})
    return sales


def row(**more: Any) -> Any:
    zero = Decimal("0.00")
    return {
        "openCount": 0, "openAmount": zero, "weightedAmount": zero,
        "wonCount": 0, "wonAmount": zero, **more,
    }  # fmt: skip


def test_weighted_by_month_and_currency(dated: Sales) -> None:
    answer = dated.api.get(FORECAST)
    assert answer.data == [
        row(month="2027-03", currency="EUR", openCount=1, openAmount=700, weightedAmount=140),
        row(month="2027-03", currency="USD", openCount=3, openAmount=Decimal("3500.50"),
            weightedAmount=Decimal("1700.30")),
        row(month="2027-04", currency="USD", openCount=1, openAmount=500, weightedAmount=100),
        row(month=None, currency="USD", openCount=1, openAmount=90, weightedAmount=18),
    ]  # fmt: skip
    assert '"weightedAmount":1700.30' in answer.text
    totals = {one["currency"]: one["weightedAmount"] for one in answer.meta["totals"]}
    assert totals == {"EUR": 140, "USD": Decimal("1818.30")}
    period = dated.api.get(f"{FORECAST}?from=2027-03-01&to=2027-03-30")
    assert [(one["currency"], one["weightedAmount"]) for one in period.data] == [
        ("EUR", 140), ("USD", 200),
    ]  # fmt: skip
    months = dated.api.get(f"{FORECAST}?from=2027-03&to=2027-03")
    assert [one["weightedAmount"] for one in months.data] == [140, Decimal("1700.30")]
    assert (months.meta["from"], months.meta["to"]) == ("2027-03-01", "2027-03-31")


def test_by_pipeline_and_owner(sales: Sales, a: Any, b: Any) -> None:
    member = sales.api.post("/v1/members", {"name": "Sal"}).data["id"]
    sales.deal(stageId=a["New"], amount=100, ownerId=member)
    sales.deal(stageId=b["New"], amount=50)
    sales.deal(stageId=b["Talks"], amount=10, currency="JPY", ownerId=member)
    found = sales.api.get(f"{FORECAST}?groupBy=owner,pipeline").data
    told = {
        (one["pipelineId"], one["ownerId"], one["currency"]): one["weightedAmount"] for one in found
    }
    assert told == {
        (a["id"], member, "USD"): 20, (b["id"], None, "USD"): 10, (b["id"], member, "JPY"): 6,
    }  # fmt: skip
    assert "month" not in found[0]
    mine = sales.api.get(f"{FORECAST}?ownerId={member}&pipelineId={b['id']}").data
    assert [(one["currency"], one["weightedAmount"]) for one in mine] == [("JPY", 6)]


ROUNDED = [
    ("USD", "0.01", 50, "0.01"), ("EUR", "0.01", 49, "0.00"), ("JPY", "1", 50, "1"),
    ("BHD", "1.234", 33, "0.407"), ("GBP", "99999999999999.99", 99, "98999999999999.99"),
]  # fmt: skip


def test_rounded_half_up_to_the_currency(sales: Sales, a: Any) -> None:
    for currency, amount, probability, _ in ROUNDED:
        body = {"amount": Decimal(amount), "currency": currency, "probability": probability}
        sales.deal(stageId=a["New"], **body)
    text = sales.api.get(FORECAST).text.partition('"meta"')[0]
    for currency, amount, _, weighted in ROUNDED:
        row = f'"currency":"{currency}","openCount":1,"openAmount":{amount}'
        assert f'{row},"weightedAmount":{weighted},' in text


def test_a_sum_is_rounded_once(sales: Sales, a: Any) -> None:
    for _ in range(3):
        sales.deal(stageId=a["New"], amount=Decimal("0.01"), probability=50)
    assert sales.api.get(FORECAST).data[0]["weightedAmount"] == Decimal("0.02")


def test_won_in_full_in_the_month_of_closing(sales: Sales, a: Any, owner: Owner) -> None:
    deal = sales.deal(stageId=a["New"], amount=70, expectedCloseOn="2027-09-01")
    sales.do(deal, "win")
    owner.execute(
        "UPDATE crm.deals SET closed_at = '2026-06-30T23:30:00Z' WHERE id = %s", deal["id"]
    )
    assert sales.api.get(FORECAST).data == [
        row(month="2026-06", currency="USD", wonCount=1, wonAmount=70)
    ]
    sales.api.patch("/v1/tenant", {"timezone": "Europe/Stockholm"})
    answer = sales.api.get(FORECAST)
    assert answer.data[0]["month"] == "2026-07"
    assert answer.meta["timezone"] == "Europe/Stockholm"
    assert sales.api.get(f"{FORECAST}?to=2026-06").data == []


def test_bad_queries(api: Api) -> None:
    for query in ("from=2027-13", "to=yesterday", "groupBy=color", "groupBy=", "ownerId=x", "a=1"):
        refused(api.get(f"{FORECAST}?{query}"), 400, "bad_request")


def test_funnel(dated: Sales, a: Any) -> None:
    found = dated.api.get(f"/v1/crm/reports/pipeline-funnel?pipelineId={a['id']}").data
    assert [(one["stageName"], one["stageKind"], one["dealCount"]) for one in found] == [
        ("New", "open", 4), ("Talks", "open", 2), ("Won", "won", 0), ("Lost", "lost", 1),
        ("Won more", "won", 0),
    ]  # fmt: skip
    assert found[0]["amounts"] == [
        {"currency": "EUR", "amount": 700, "weightedAmount": 140},
        {"currency": "USD", "amount": 1590, "weightedAmount": 318},
    ]
    refused(dated.api.get("/v1/crm/reports/pipeline-funnel"), 400, "bad_request")


def test_win_loss(sales: Sales, a: Any, owner: Owner) -> None:
    member = sales.api.post("/v1/members", {"name": "Sal"}).data["id"]
    for currency in ("USD", "EUR"):
        deal = sales.deal(stageId=a["New"], amount=10, currency=currency, ownerId=member)
        sales.do(deal, "win")
    lost = sales.deal(stageId=a["New"], ownerId=member)
    sales.do(lost, "lose", {"reason": "Price"})
    sales.deal(stageId=a["New"])
    path = f"/v1/crm/reports/win-loss?pipelineId={a['id']}"
    assert sales.api.get(path).data == [
        {"ownerId": member, "won": 2, "lost": 1, "open": 0, "winRate": Decimal("0.6667"),
         "amounts": [{"currency": "EUR", "amount": 10}, {"currency": "USD", "amount": 10}]},
        {"ownerId": None, "won": 0, "lost": 0, "open": 1, "winRate": None, "amounts": []},
    ]  # fmt: skip
    owner.execute("UPDATE crm.deals SET closed_at = '2020-01-01Z' WHERE id = %s", lost["id"])
    (mine, _) = sales.api.get(f"{path}&since=2026-01-01T00:00:00Z").data
    assert (mine["won"], mine["lost"], mine["winRate"]) == (2, 0, 1)


def test_second_tenant(dated: Sales, a: Any, other_api: Api) -> None:
    assert other_api.get(FORECAST).data == []
    assert other_api.get(FORECAST).meta["totals"] == []
    assert other_api.get(f"/v1/crm/reports/pipeline-funnel?pipelineId={a['id']}").data == []
    assert other_api.get("/v1/crm/reports/win-loss").data == []

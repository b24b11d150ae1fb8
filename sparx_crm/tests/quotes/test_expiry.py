"""The days of quotes go by, where the tenant is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sparx_core.testing import Api, Owner

from .offers import PATH, Maker, Watch, link_of, refused, signature

STATES = (
    "draft", "pending_approval", "approved", "sent", "accepted", "declined",
    "renegotiation_requested", "expired", "withdrawn", "superseded", "partially_ordered", "ordered",
)  # fmt: skip
TASK = "crm.expire_quotes"


def over(owner: Owner, quote: Any, day: Any, state: str = "sent") -> None:
    """Let a quote be valid until a day."""
    owner.execute(
        "UPDATE crm.quotes SET issue_date = least(issue_date, %s), valid_until = %s, status = %s"
        " WHERE id = %s",
        day, day, state, quote["id"],
    )  # fmt: skip


def test_only_what_is_sent_expires(
    api: Api, owner: Owner, send_quote: Maker, run_events: Any,
    events_of: Callable[[Any], list[str]], nothing_written: Watch,
) -> None:  # fmt: skip
    """AC-R4."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    quotes = {state: send_quote() for state in STATES}
    for state, quote in quotes.items():
        over(owner, quote, yesterday, state)
    before = {state: events_of(quote) for state, quote in quotes.items()}
    run_events.periodic(TASK)
    run_events.periodic(TASK)
    for state, quote in quotes.items():
        now = api.get(f"{PATH}/{quote['id']}").data
        assert now["status"] == ("expired" if state == "sent" else state)
        told = events_of(quote)[len(before[state]) :]
        assert told == (["expired"] if state == "sent" else []), state
    expired = quotes["sent"]
    with nothing_written():
        for answer in (
            api.post(f"{PATH}/{expired['id']}/accept", signature(expired)),
            api.with_key(None).post(f"{link_of(expired)}/accept", signature(expired)),
        ):
            refused(answer, 409, "quote_expired")


def test_expired_before_the_job_has_run(
    api: Api, anonymous: Api, owner: Owner, send_quote: Maker, nothing_written: Watch
) -> None:
    quote = send_quote()
    over(owner, quote, datetime.now(UTC).date() - timedelta(days=1))
    with nothing_written():
        for answer in (
            api.post(f"{PATH}/{quote['id']}/accept", signature(quote)),
            anonymous.post(f"{link_of(quote)}/accept", signature(quote)),
        ):
            refused(answer, 409, "quote_expired")
    assert "accept" not in api.get(f"{PATH}/{quote['id']}").data["allowedTransitions"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_days_are_the_tenants(
    api: Api, anonymous: Api, owner: Owner, send_quote: Maker, run_events: Any, zone: str
) -> None:
    """UTC+14, UTC-11 and UTC: today is still valid, yesterday is not."""
    assert api.patch("/v1/tenant", {"timezone": zone}).status == 200
    today = datetime.now(ZoneInfo(zone)).date()
    last, late = send_quote(), send_quote()
    assert last["issueDate"] == today.isoformat()
    over(owner, last, today)
    over(owner, late, today - timedelta(days=1))
    run_events.periodic(TASK)
    assert api.get(f"{PATH}/{last['id']}").data["status"] == "sent"
    assert api.get(f"{PATH}/{late['id']}").data["status"] == "expired"
    assert anonymous.post(f"{link_of(last)}/accept", signature(last)).status == 200
    refused(anonymous.post(f"{link_of(late)}/accept", signature(late)), 409, "quote_expired")


def test_expired_quotes_are_extended(
    api: Api, anonymous: Api, owner: Owner, send_quote: Maker, run_events: Any,
    nothing_written: Watch,
) -> None:  # fmt: skip
    quote = send_quote()
    today = datetime.now(UTC).date()
    over(owner, quote, today - timedelta(days=1))
    run_events.periodic(TASK)
    path = f"{PATH}/{quote['id']}/extend"
    with nothing_written():
        for day in ((today - timedelta(days=1)).isoformat(), "soon", None, "9999-12-31"):
            refused(api.post(path, {"validUntil": day}), 422, "validation_error")
    again = api.post(path, {"validUntil": (today + timedelta(days=9)).isoformat()}).data
    assert (again["status"], again["expiredAt"]) == ("sent", None)
    refused(anonymous.get(link_of(quote)), 404, "not_found")
    refused(anonymous.post(f"{link_of(again)}/accept", signature(quote)), 409, "quote_changed")
    assert anonymous.post(f"{link_of(again)}/accept", signature(again)).status == 200
    run_events.periodic(TASK)
    assert api.get(f"{PATH}/{quote['id']}").data["status"] == "accepted"


def test_expired_quotes_are_revised(
    api: Api, owner: Owner, send_quote: Maker, run_events: Any
) -> None:
    quote = send_quote()
    over(owner, quote, datetime.now(UTC).date() - timedelta(days=1))
    run_events.periodic(TASK)
    further = api.post(f"{PATH}/{quote['id']}/revise").data
    assert further["validUntil"] > datetime.now(UTC).date().isoformat()
    assert api.post(f"{PATH}/{further['id']}/send").data["status"] == "sent"


def test_each_tenants_day_is_its_own(
    api: Api, other_api: Api, owner: Owner, send_quote: Maker, create_customer: Maker,
    run_events: Any,
) -> None:  # fmt: skip
    """One moment is two days: valid with one tenant, over with the other."""
    api.patch("/v1/tenant", {"timezone": "Pacific/Pago_Pago"})
    other_api.patch("/v1/tenant", {"timezone": "Pacific/Kiritimati"})
    mine = send_quote()
    buyer = create_customer("Theirs", client=other_api)
    items = [{"sku": "S", "name": "Thing", "quantity": 1, "unitPrice": 1}]
    theirs = other_api.post(PATH, {"customerId": buyer["id"], "items": items}).data
    other_api.post(f"{PATH}/{theirs['id']}/send")
    day = datetime.now(ZoneInfo("Pacific/Pago_Pago")).date()
    over(owner, mine, day)
    over(owner, theirs, day)
    run_events.periodic(TASK)
    assert api.get(f"{PATH}/{mine['id']}").data["status"] == "sent"
    assert other_api.get(f"{PATH}/{theirs['id']}").data["status"] == "expired"

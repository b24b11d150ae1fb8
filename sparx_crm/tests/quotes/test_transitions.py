"""The way of a quote, and what is refused on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sparx_core.testing import Api, Owner

from .offers import LINE, PATH, SEVERAL, Maker, Watch, link_of, refused, signature

ACTIONS = {
    "submit": None,
    "approve": None,
    "reject": {"reason": "Too low."},
    "send": None,
    "accept": {"signerName": "Ann", "contentHash": "0" * 64},
    "decline": {"reason": "No."},
    "request_renegotiation": {"message": "Less."},
    "extend": {"validUntil": "2999-01-01"},
    "withdraw": None,
    "revise": None,
    "convert": None,
}
SOURCES = {
    "submit": {"draft"},
    "approve": {"pending_approval"},
    "reject": {"pending_approval"},
    "send": {"draft", "approved"},
    "accept": {"sent", "expired"},
    "decline": {"sent"},
    "request_renegotiation": {"sent"},
    "extend": {"expired"},
    "withdraw": {"approved", "sent"},
    "revise": {"approved", "sent", "renegotiation_requested", "expired"},
    "convert": {"accepted", "partially_ordered"},
}
STATES = {*(state for one in SOURCES.values() for state in one)} | {
    "declined", "withdrawn", "superseded", "ordered",
}  # fmt: skip


def test_only_what_the_state_allows(
    api: Api, owner: Owner, send_quote: Maker, nothing_written: Watch
) -> None:
    quotes = {state: send_quote() for state in sorted(STATES)}
    for state, quote in quotes.items():
        owner.execute("UPDATE crm.quotes SET status = %s WHERE id = %s", state, quote["id"])
    with nothing_written():
        for state, quote in quotes.items():
            path = f"{PATH}/{quote['id']}"
            open_now = {name for name, sources in SOURCES.items() if state in sources}
            shown = set(api.get(path).data["allowedTransitions"])
            assert shown == open_now - ({"accept"} if state == "expired" else set())
            for name in sorted(ACTIONS.keys() - open_now):
                answer = api.post(f"{path}/{name}", ACTIONS[name])
                error = refused(answer, 409, "invalid_transition")
                assert error["details"]["from"] == state
            if state != "draft":
                answer = api.patch(path, {"terms": "Other."})
                assert refused(answer, 409, "quote_locked")["details"] == {"status": state}


def test_approval_by_somebody_else(
    api: Api, approver: Api, create_quote: Maker, nothing_written: Watch,
    events_of: Callable[[Any], list[str]],
) -> None:  # fmt: skip
    quote = create_quote()
    path = f"{PATH}/{quote['id']}"
    assert api.post(f"{path}/submit").data["status"] == "pending_approval"
    with nothing_written():
        refused(api.post(f"{path}/approve"), 409, "own_quote")
        refused(api.post(f"{path}/reject", {"reason": "x"}), 409, "own_quote")
        refused(approver.post(f"{path}/reject", {}), 422, "validation_error")
    back = approver.post(f"{path}/reject", {"reason": "Too low."}).data
    assert (back["status"], back["rejectionReason"]) == ("draft", "Too low.")
    assert api.patch(path, {"terms": "Better."}).status == 200
    api.post(f"{path}/submit")
    assert approver.post(f"{path}/approve").data["status"] == "approved"
    assert api.post(f"{path}/send").data["status"] == "sent"
    assert events_of(quote) == [
        "created", "submitted", "rejected", "updated", "submitted", "approved", "sent",
    ]  # fmt: skip


def test_who_submits_does_not_approve(api: Api, approver: Api, create_quote: Maker) -> None:
    path = f"{PATH}/{create_quote()['id']}"
    approver.post(f"{path}/submit")
    refused(approver.post(f"{path}/approve"), 409, "own_quote")
    refused(api.post(f"{path}/approve"), 409, "own_quote")


def test_sending_freezes(
    api: Api, owner: Owner, create_quote: Maker, nothing_written: Watch
) -> None:
    quote = create_quote(**SEVERAL)
    sent = api.post(f"{PATH}/{quote['id']}/send").data
    assert len(sent["contentHash"]) == 64
    assert sent["sentAt"]
    with nothing_written():
        for body in ({"items": [LINE]}, {"validUntil": "2999-01-01"}, {"internalNote": "x"}):
            refused(api.patch(f"{PATH}/{quote['id']}", body), 409, "quote_locked")
    got = api.get(f"{PATH}/{quote['id']}").data
    assert "linkToken" not in got
    assert {name: got[name] for name in got} == {name: sent[name] for name in got}


def test_what_is_over_is_not_sent(api: Api, create_quote: Maker, nothing_written: Watch) -> None:
    quote = create_quote(issueDate="2020-01-01", validUntil="2020-01-31")
    assert "send" not in quote["allowedTransitions"]
    with nothing_written():
        error = refused(api.post(f"{PATH}/{quote['id']}/send"), 409, "quote_expired")
        assert error["details"] == {"validUntil": "2020-01-31"}


def test_hash_tells_contents_apart(api: Api, create_quote: Maker) -> None:
    def hashed(**more: Any) -> str:
        return str(api.post(f"{PATH}/{create_quote(**more)['id']}/send").data["contentHash"])

    # The number is part of it.
    assert len({hashed(**SEVERAL), hashed(**SEVERAL), hashed(), hashed(terms="x")}) == 4


def test_revision_takes_the_place(
    api: Api, anonymous: Api, create_quote: Maker, nothing_written: Watch,
    events_of: Callable[[Any], list[str]],
) -> None:  # fmt: skip
    quote = create_quote(**SEVERAL)
    sent = api.post(f"{PATH}/{quote['id']}/send").data
    further = api.post(f"{PATH}/{quote['id']}/revise").data
    assert (further["quoteNumber"], further["revision"]) == (quote["quoteNumber"], 2)
    assert (further["status"], further["supersedesId"]) == ("draft", quote["id"])
    same = ("items", "shippingLines", "total", "discountAmount", "terms", "customerNote")
    assert {name: further[name] for name in same} == {name: quote[name] for name in same}
    old = api.get(f"{PATH}/{quote['id']}").data
    assert (old["status"], old["allowedTransitions"]) == ("superseded", [])
    with nothing_written():
        refused(api.post(f"{PATH}/{quote['id']}/revise"), 409, "invalid_transition")
        answer = anonymous.post(f"{link_of(sent)}/accept", signature(sent))
        refused(answer, 409, "invalid_transition")
    api.patch(f"{PATH}/{further['id']}", {"items": [LINE]})
    again = api.post(f"{PATH}/{further['id']}/send").data
    assert again["contentHash"] != sent["contentHash"]
    answer = anonymous.post(f"{link_of(again)}/accept", signature(sent))
    refused(answer, 409, "quote_changed")
    assert anonymous.post(f"{link_of(again)}/accept", signature(again)).status == 200
    assert events_of(quote) == ["created", "sent", "superseded"]
    assert events_of(further) == ["created", "updated", "sent", "accepted"]


def test_renegotiation_leads_to_a_further_version(api: Api, send_quote: Maker) -> None:
    quote = send_quote()
    path = f"{PATH}/{quote['id']}"
    asked = api.post(f"{path}/request_renegotiation", {"message": "In two parts?"}).data
    assert (asked["status"], asked["renegotiationMessage"]) == (
        "renegotiation_requested", "In two parts?",
    )  # fmt: skip
    assert api.post(f"{path}/revise").data["revision"] == 2


def test_withdrawn(api: Api, anonymous: Api, send_quote: Maker) -> None:
    quote = send_quote()
    taken = api.post(f"{PATH}/{quote['id']}/withdraw").data
    assert (taken["status"], bool(taken["withdrawnAt"])) == ("withdrawn", True)
    refused(anonymous.post(f"{link_of(quote)}/accept", signature(quote)), 409, "invalid_transition")


def test_declined_needs_a_reason(api: Api, send_quote: Maker, nothing_written: Watch) -> None:
    path = f"{PATH}/{send_quote()['id']}/decline"
    with nothing_written():
        for body in ({}, {"reason": " "}, {"reason": "x" * 2001}):
            refused(api.post(path, body), 422, "validation_error")
    told = api.post(path, {"reason": "Bought elsewhere."}).data
    assert (told["status"], told["declineReason"]) == ("declined", "Bought elsewhere.")


def test_total_is_what_was_quoted(api: Api, send_quote: Maker) -> None:
    sent = send_quote(items=[LINE])
    accepted = api.post(f"{PATH}/{sent['id']}/accept", signature(sent)).data
    assert accepted["total"] == Decimal("1176.06")
    assert accepted["signerName"] == "Ann Lindgren"
    assert accepted["signerAddress"] is None
    near = datetime.now(UTC) - timedelta(minutes=1)
    assert accepted["acceptedAt"] > f"{near:%Y-%m-%dT%H:%M:%SZ}"

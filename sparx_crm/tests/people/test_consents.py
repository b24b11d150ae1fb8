"""The ledger of consent: what was said, and what holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api

Watch = Callable[[], AbstractContextManager[None]]
PATH, CUSTOMERS = "/v1/crm/consents", "/v1/crm/customers"


def entry(customer: Any, **more: Any) -> dict[str, Any]:
    return {
        "customerId": customer["id"],
        "channel": "email",
        "purpose": "marketing",
        "state": "granted",
        "source": "signup",
        **more,
    }


def current(api: Api, customer: Any) -> list[tuple[str, str, str]]:
    found = api.get(f"{CUSTOMERS}/{customer['id']}").data["consent"]
    return [(one["channel"], one["purpose"], one["state"]) for one in found]


def test_what_holds_is_the_latest_of_each(
    api: Api, customer: Any, create_customer: Callable[..., Any], facts: Any
) -> None:
    assert current(api, customer) == []
    times = {"granted": "2026-01-05T10:00:00Z", "withdrawn": "2026-03-01T10:00:00Z"}
    more = {"ipAddress": "2001:DB8::1", "note": "At the fair."}
    for state in ("withdrawn", "granted"):
        sent = entry(customer, state=state, occurredAt=times[state], **more)
        made = api.post(PATH, sent)
        assert made.status == 201, made.text
        assert {k: made.data[k] for k in sent} == {**sent, "ipAddress": "2001:db8::1"}
    api.post(PATH, entry(customer, channel="sms", purpose="profiling"))
    api.post(PATH, entry(create_customer("Bob"), state="granted"))
    assert current(api, customer) == [
        ("email", "marketing", "withdrawn"),
        ("sms", "profiling", "granted"),
    ]
    api.post(PATH, entry(customer))
    shown = api.get(f"{CUSTOMERS}/{customer['id']}").data["consent"][0]
    assert (shown["state"], shown["source"]) == ("granted", "signup")
    assert shown["occurredAt"] > "2026-03-01T10:00:00Z"
    assert api.get(PATH, params={"customerId": customer["id"]}).meta["total"] == 4
    assert facts("customer").count("consent_recorded") == 5


def test_entries_are_never_changed(api: Api, customer: Any) -> None:
    made = api.post(PATH, entry(customer)).data
    assert api.patch(f"{PATH}/{made['id']}", {"state": "withdrawn"}).status == 405
    assert api.delete(f"{PATH}/{made['id']}").status == 405


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "pigeon"),
        ("purpose", None),
        ("state", "maybe"),
        ("source", "rumour"),
        ("ipAddress", "300.1.1.1"),
        ("ipAddress", "fe80::1%eth0"),
        ("note", ""),
        ("occurredAt", "2999-01-01T00:00:00Z"),
        ("customerId", "01a2007d-fd87-73b7-b820-b471a0e40afc"),
    ],
)
def test_bad_value_is_refused(
    api: Api, customer: Any, nothing_written: Watch, field: str, value: Any
) -> None:
    with nothing_written():
        answer = api.post(PATH, entry(customer, **{field: value}))
        assert (answer.status, answer.error["code"]) == (422, "validation_error"), answer.text
        assert [one["field"] for one in answer.error["details"]] == [field]


def test_others_have_no_part_in_it(
    api: Api, other_api: Api, customer: Any, nothing_written: Watch
) -> None:
    made = api.post(PATH, entry(customer)).data
    assert other_api.get(PATH).data == []
    assert other_api.get(f"{PATH}/{made['id']}").status == 404
    with nothing_written():
        assert other_api.post(PATH, entry(customer, state="withdrawn")).status == 422

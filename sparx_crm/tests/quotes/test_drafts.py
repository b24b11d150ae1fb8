"""Drafts: what they cost, what is refused, what changes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sparx_core.testing import Api

from .offers import LINE, PATH, PLAIN, SEVERAL, Maker, Watch, refused

MISSING = "01900000-0000-7000-8000-000000000000"


def test_acceptance_numbers(api: Api, create_quote: Maker) -> None:
    """AC-R3: net 1080.19, tax 95.87, total 1176.06."""
    quote = create_quote(items=[LINE])
    net = quote["subtotal"] - quote["discountTotal"]
    assert (quote["subtotal"], net) == (Decimal("1234.50"), Decimal("1080.19"))
    assert (quote["taxTotal"], quote["total"]) == (Decimal("95.87"), Decimal("1176.06"))
    line = quote["items"][0]
    assert (line["tax"], line["total"]) == (Decimal("95.87"), Decimal("1176.06"))
    assert line["taxes"] == [
        {"name": "CA tax", "rate": Decimal("8.875"), "amount": Decimal("95.87")}
    ]
    assert api.get(f"{PATH}/{quote['id']}").data == quote


def test_totals_are_sums_of_lines(create_quote: Maker) -> None:
    quote = create_quote(**SEVERAL)
    lines, shipping = quote["items"], quote["shippingLines"]
    assert sum(one["total"] for one in [*lines, *shipping]) == quote["total"]
    assert (
        quote["subtotal"]
        - quote["discountTotal"]
        + quote["shippingTotal"]
        + quote["taxTotal"]
        - quote["includedTaxTotal"]
        == quote["total"]
    )
    assert sum(one["allocatedDiscount"] for one in lines) == Decimal("33.33")
    assert quote["shippingLines"][0]["total"] == Decimal("14.88")


def test_a_draft_begins_with_what_is_told(api: Api, create_quote: Maker, customer: Any) -> None:
    today = datetime.now(UTC).date()
    quote = create_quote()
    assert quote["quoteNumber"] == "1001"
    assert create_quote()["quoteNumber"] == "1002"
    assert {
        name: quote[name]
        for name in ("revision", "status", "currency", "customerId", "issueDate", "validUntil")
    } == {
        "revision": 1,
        "status": "draft",
        "currency": "USD",
        "customerId": customer["id"],
        "issueDate": today.isoformat(),
        "validUntil": (today + timedelta(days=30)).isoformat(),
    }
    assert quote["allowedTransitions"] == ["submit", "send"]
    assert quote["author"].startswith("key:")
    assert (quote["contentHash"], quote["total"]) == (None, Decimal("20.00"))


def test_a_quote_may_be_for_an_account_alone(api: Api) -> None:
    account = api.post("/v1/crm/accounts", {"name": "Lindgren Diesel"}).data
    quote = api.post(PATH, {"accountId": account["id"], **PLAIN}).data
    assert (quote["customerId"], quote["accountId"]) == (None, account["id"])


ITEM = PLAIN["items"][0]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"customerId": None}, "customerId"),
    ({"customerId": MISSING}, "customerId"),
    ({"accountId": MISSING}, "accountId"),
    ({"dealId": MISSING}, "dealId"),
    ({"ownerId": MISSING}, "ownerId"),
    ({"currency": "XXQ"}, "currency"),
    ({"items": []}, "items"),
    ({"items": [{**ITEM, "quantity": 0}]}, "items[0].quantity"),
    ({"items": [{**ITEM, "quantity": 1.5}]}, "items[0].quantity"),
    ({"items": [{**ITEM, "unitPrice": -1}]}, "items[0].unitPrice"),
    ({"items": [{**ITEM, "unitPrice": Decimal("0.0000001")}]}, "items[0].unitPrice"),
    ({"items": [{**ITEM, "discountAmount": Decimal("20.01")}]}, "items[0].discountAmount"),
    ({"items": [{**ITEM, "discountAmount": Decimal("0.001")}]}, "items[0].discountAmount"),
    ({"items": [{**ITEM, "total": 5}]}, "items[0].total"),
    ({"items": [{**ITEM, "taxes": [{"name": "x"}]}]}, "items[0].taxes[0].rate"),
    ({"items": [{**ITEM, "quantityOrdered": 1}]}, "items[0].quantityOrdered"),
    ({"discountAmount": -1}, "discountAmount"),
    ({"shippingLines": [{"name": "x"}]}, "shippingLines[0].amount"),
    ({"issueDate": "2026-06-31"}, "issueDate"),
    ({"issueDate": "2026-06-02", "validUntil": "2026-06-01"}, "validUntil"),
    ({"validUntil": "2026-06-01T00:00:00Z"}, "validUntil"),
    ({"validUntil": "9999-12-31"}, "validUntil"),
    ({"issueDate": "9999-12-31"}, "issueDate"),
    ({"issueDate": "0001-01-01"}, "issueDate"),
    ({"status": "sent"}, "status"),
    ({"total": 1}, "total"),
    ({"quoteNumber": "7"}, "quoteNumber"),
    ({"revision": 7}, "revision"),
    ({"contentHash": "x"}, "contentHash"),
    ({"colour": "blue"}, "colour"),
    ({"terms": "x" * 10_001}, "terms"),
]


def test_bad_values_write_nothing(
    api: Api, customer: Any, create_quote: Maker, nothing_written: Watch
) -> None:
    present = create_quote()
    with nothing_written():
        for change, field in BAD:
            for answer in (
                api.post(PATH, {"customerId": customer["id"], **PLAIN, **change}),
                api.patch(f"{PATH}/{present['id']}", change),
            ):
                error = refused(answer, 422, "validation_error")
                assert field in [problem["field"] for problem in error["details"]], change


def test_rows_of_another_tenant_are_no_references(
    api: Api, other_api: Api, create_customer: Maker, create_quote: Maker, nothing_written: Watch
) -> None:
    theirs = create_customer(client=other_api)
    quote = create_quote()
    with nothing_written():
        answer = api.post(PATH, {"customerId": theirs["id"], **PLAIN})
        assert refused(answer, 422, "validation_error")["details"][0]["field"] == "customerId"
        for verb in ("send", "submit", "approve", "withdraw", "revise", "convert", "link"):
            refused(other_api.post(f"{PATH}/{quote['id']}/{verb}"), 404, "not_found")
        refused(other_api.get(f"{PATH}/{quote['id']}"), 404, "not_found")
        refused(other_api.get(f"{PATH}/{quote['id']}/pdf"), 404, "not_found")
        refused(other_api.patch(f"{PATH}/{quote['id']}", {"terms": "x"}), 404, "not_found")
    assert other_api.get(PATH).data == []


def test_drafts_change(
    api: Api, create_quote: Maker, events_of: Callable[[Any], list[str]]
) -> None:
    quote = create_quote(**SEVERAL)
    path = f"{PATH}/{quote['id']}"
    changed = api.patch(path, {"terms": "Now.", "internalNote": None}).data
    assert (changed["terms"], changed["internalNote"]) == ("Now.", None)
    assert (changed["total"], changed["items"]) == (quote["total"], quote["items"])
    replaced = api.patch(path, {"items": [LINE], "shippingLines": [], "discountAmount": 0}).data
    assert (replaced["total"], len(replaced["items"])) == (Decimal("1176.06"), 1)
    assert replaced["version"] == 3
    halved = api.patch(path, {"discountAmount": Decimal("100.01")}).data
    assert halved["discountTotal"] == Decimal("254.32")
    assert halved["items"][0]["allocatedDiscount"] == Decimal("100.01")
    assert events_of(quote) == ["created", "updated", "updated", "updated"]


def test_changing_nothing_is_no_event(
    api: Api, create_quote: Maker, nothing_written: Watch
) -> None:
    quote = create_quote(**SEVERAL)
    with nothing_written():
        for body in ({}, {"terms": "30 days net."}, {**SEVERAL}, {"currency": "USD"}):
            assert api.patch(f"{PATH}/{quote['id']}", body).data == quote


def test_lines_alone_raise_the_version(
    api: Api, create_quote: Maker, events_of: Callable[[Any], list[str]]
) -> None:
    """Two lines that change places come to the same."""
    a, b = {**ITEM, "sku": "A"}, {**ITEM, "sku": "B"}
    quote = create_quote(items=[a, b])
    changed = api.patch(f"{PATH}/{quote['id']}", {"items": [b, a]}).data
    assert [one["sku"] for one in changed["items"]] == ["B", "A"]
    assert (changed["version"], events_of(quote)) == (2, ["created", "updated"])


def test_versions_are_compared(api: Api, create_quote: Maker, nothing_written: Watch) -> None:
    quote = create_quote()
    with nothing_written():
        answer = api.patch(f"{PATH}/{quote['id']}", {"terms": "x", "version": 7})
        refused(answer, 409, "version_conflict")


def test_lists_are_narrowed(api: Api, create_quote: Maker, customer: Any) -> None:
    first, second = create_quote(), create_quote(items=[LINE], validUntil="2999-01-01")
    api.post(f"{PATH}/{second['id']}/send")
    for query, found in (
        ({"status": "sent"}, [second]),
        ({"customerId": customer["id"], "sort": "quoteNumber"}, [first, second]),
        ({"total[gte]": "1000"}, [second]),
        ({"validUntil": "2999-01-01"}, [second]),
        ({"q": "1001"}, [first]),
        ({"q": "ann", "status": "draft"}, [first]),
    ):
        got = [one["id"] for one in api.get(PATH, params=query).data]
        assert got == [one["id"] for one in found], query


def test_numbers_are_one_sequence(api: Api, customer: Any) -> None:
    body = {"customerId": customer["id"], **PLAIN}
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda _: api.post(PATH, body).data, range(20)))
    assert sorted(int(one["quoteNumber"]) for one in made) == list(range(1001, 1021))

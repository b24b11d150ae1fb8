"""Quotes as PDF, read back."""

# ruff: noqa: RUF001

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from sparx_core.testing import Api

from .offers import LINE, PATH, SEVERAL, Maker, Watch, link_of, refused


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def test_amounts(api: Api, create_quote: Maker) -> None:
    quote = create_quote(**{**SEVERAL, "items": [LINE]}, validUntil="2999-01-31")
    answer = api.get(f"{PATH}/{quote['id']}/pdf")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="quote-1001-1.pdf"'
    assert answer.body.startswith(b"%PDF-")
    text = text_of(answer.body)
    for told in (
        "Quote 1001", "Version 1", "Ann", "2999-01-31", "Injector", "INJ", "100", "12.345",
        "187.64", "1,234.50", "-187.64", "CA tax 8.875 %", f"{quote['total']:,}", "USD",
        "30 days net.", "As discussed.", "Ground", "14.88",
    ):  # fmt: skip
        assert told in text, told
    assert "Do not go lower" not in text


def test_one_version_is_one_file(api: Api, anonymous: Api, create_quote: Maker) -> None:
    quote = create_quote(**SEVERAL)
    sent = api.post(f"{PATH}/{quote['id']}/send").data
    first = api.get(f"{PATH}/{quote['id']}/pdf").body
    assert api.get(f"{PATH}/{quote['id']}/pdf").body == first
    assert anonymous.get(f"{link_of(sent)}/pdf").body == first
    further = api.post(f"{PATH}/{quote['id']}/revise").data
    other = api.get(f"{PATH}/{further['id']}/pdf").body
    assert "Version 2" in text_of(other)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Müller & Söhne", "Müller & Söhne"),
        ("Ελληνική Εταιρεία", "Ελληνική Εταιρεία"),
        ("ООО Привет", "ООО Привет"),
        ("Zoe\u0301 Łódź", "Zoé Łódź"),
        ("株式会社 Kobe", "Kobe"),
        ("😀 Smile", "Smile"),
    ],
)
def test_names_of_all_scripts(
    api: Api, create_customer: Maker, create_quote: Maker, name: str, shown: str
) -> None:
    """What the font lacks is shown as missing, unless a font for it is installed."""
    buyer = create_customer(name)
    quote = create_quote(customerId=buyer["id"], terms=name)
    text = text_of(api.get(f"{PATH}/{quote['id']}/pdf").body)
    assert shown in text.replace("\N{REPLACEMENT CHARACTER}", "").replace("  ", " ")
    assert "Ã" not in text
    if name != shown and "é" not in shown:
        assert "\N{REPLACEMENT CHARACTER}" in text or name.split()[0] in text.replace(" ", "")


def test_many_lines_go_on(api: Api, create_quote: Maker) -> None:
    items = [{**LINE, "sku": f"SKU-{number}", "description": "long " * 40} for number in range(60)]
    quote = create_quote(items=items)
    content = api.get(f"{PATH}/{quote['id']}/pdf").body
    assert len(PdfReader(BytesIO(content)).pages) > 3
    text = text_of(content)
    assert all(f"SKU-{number}" in text for number in range(60))


def test_yen_have_no_digits(api: Api, create_quote: Maker) -> None:
    items = [{"sku": "A", "name": "Thing", "quantity": 3, "unitPrice": 1333}]
    quote = create_quote(items=items, currency="JPY")
    text = text_of(api.get(f"{PATH}/{quote['id']}/pdf").body)
    assert "3,999 JPY" in text
    assert "3,999.0" not in text


def test_who_may_have_it(
    api: Api, anonymous: Api, create_quote: Maker, nothing_written: Watch
) -> None:
    path = f"{PATH}/{create_quote()['id']}/pdf"
    with nothing_written():
        refused(anonymous.get(path), 401, "unauthorized")
    made = api.post("/v1/keys", {"name": "W", "scopes": ["write:crm"]})
    refused(api.with_key(made.data["key"]).get(path), 403, "insufficient_scope")
    refused(api.get(path, query="x=1"), 400, "bad_request")
    refused(api.get(f"{PATH}/x/pdf"), 404, "not_found")
    refused(api.post(path, {}), 405, "method_not_allowed")


def test_file_is_documented(api: Api) -> None:
    document: Any = api.get("/v1/openapi.json").json
    by_key = document["paths"]["/v1/crm/quotes/{id}/pdf"]["get"]
    assert list(by_key["responses"]["200"]["content"]) == ["application/pdf"]
    by_link = document["paths"]["/v1/crm/public/quotes/{token}/accept"]["post"]
    assert by_link["security"] == []
    assert "401" not in by_link["responses"]
    assert {"404", "409", "422", "429"} <= by_link["responses"].keys()

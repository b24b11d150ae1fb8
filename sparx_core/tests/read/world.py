"""Two tenants full of rows with many ties, nulls and odd texts, as they were inserted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sparx_core.auth.keys import parse_key
from sparx_core.ids import uuid7
from sparx_core.money import currency_digits
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant

from .shop.models import Category, Part, Perk, Product, Review, Safe
from .shop.schemas import GRADES, KINDS

Values = dict[str, Any]

#: Texts that differ in case, form, plane of Unicode and in what other languages make of them.
TEXTS = (
    "Apple", "apple", "APPLE", "apple pie", "Äpfel", "äpfel", "straße", "STRASSE", "Strasse", "ẞ",
    "éclair", "e\u0301clair", "\ufb01nal", "final", "日本語", "日本", "\U0001d49cpple", "😀",
    "😀 smile", "\U0010ffff", "\ue000", "\uffee", "100%", "100", "a_b", "axb", "a\\b", "O'Brien",
    '"quoted"', "--", "/* */", "%s", "%(x)s", "{}", "$1", ";", "\u00a0x", "a\u2028b", "\u200b", "Z",
    "z", "0", "00", "-1", "null", "true", "[]", "\x7f", "x\ty",
)  # fmt: skip
CURRENCIES = ("USD", "JPY", "KWD", "CLF")
#: The first moment of a product, and what lies between two: less than is shown, or a lot.
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = (timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=999), timedelta(days=40))


@dataclass
class Rows:
    """The rows of a tenant by kind, each as the values of its columns; oldest first."""

    categories: list[Values] = field(default_factory=list)
    products: list[Values] = field(default_factory=list)
    parts: list[Values] = field(default_factory=list)
    reviews: list[Values] = field(default_factory=list)
    safes: list[Values] = field(default_factory=list)
    perks: list[Values] = field(default_factory=list)


def text(random: Random) -> str:
    """A text that Text leaves as it is."""
    found = random.choice(TEXTS)
    if random.random() < 0.4:
        found += random.choice(("", " ", "-")) + random.choice(TEXTS)
    return found.strip()


def amount(random: Random, currency: str) -> Decimal:
    """An amount with the digits of its currency: small ones that repeat, or the largest."""
    digits = currency_digits()[currency]
    whole = random.choice((0, 0, 1, 5, 10, 100, 10**14 - 1, random.randrange(10**6)))
    fraction = random.choice((0, 0, 1, 10**digits - 1)) if digits else 0
    return Decimal(whole * 10**digits + fraction).scaleb(-digits)


def maybe(random: Random, value: Any, chance: float = 0.6) -> Any:
    return value if random.random() < chance else None


def _product(random: Random, rows: Rows, number: int, created_at: datetime) -> Values:
    currency = random.choice(CURRENCIES)
    price_digits = currency_digits()[currency] + 4
    return {
        "id": uuid7(),
        "number": number,
        "name": text(random),
        "subtitle": maybe(random, text(random)),
        "code": maybe(random, f"{text(random)}{number}"[:40]),
        "kind": random.choice(KINDS),
        "grade": maybe(random, random.choice(GRADES)),
        "active": random.random() < 0.7,
        "featured": maybe(random, random.random() < 0.5),
        "stock": random.choice((0, 0, 1, 2, 3, 2**31 - 1)),
        "position": maybe(random, random.choice((-1000, -1, 0, 1, 2**31 - 1))),
        "views": maybe(random, random.choice((1 - 2**63, -1, 0, 7, 2**53 + 1, 2**63 - 1))),
        "currency": currency,
        "price": amount(random, currency),
        "cost": maybe(random, amount(random, currency)),
        "unit_price": maybe(
            random,
            Decimal(random.choice((0, 1, 10**price_digits - 1, 125))).scaleb(-price_digits),
        ),
        "weight": maybe(random, Decimal(random.choice((0, 1, 1500000, 10**18))).scaleb(-6)),
        "released_at": maybe(random, BEGIN + random.randrange(3) * timedelta(seconds=1)),
        "category": maybe(random, random.choice(rows.categories)["id"], 0.8),
        "substitute": maybe(random, random.choice(rows.products)["id"]) if rows.products else None,
        "photos": [{"url": text(random)}] * random.randrange(2),
        "attributes": random.choice(
            ({}, {"a": 1, "b": [None, Decimal("1.50")]}, {"😀": {"x": "y"}})
        ),
        "tags": [text(random) for _ in range(random.randrange(3))],
        "title": maybe(random, {"de": text(random), "de-AT": text(random)}),
        "version": 1,
        "created_at": created_at,
    }


def random_rows(random: Random, products: int) -> Rows:
    """Rows of a tenant, not yet stored."""
    rows = Rows()
    created_at = BEGIN
    for _ in range(9):
        parent = (
            maybe(random, random.choice(rows.categories)["id"], 0.8) if rows.categories else None
        )
        rows.categories.append(
            {
                "id": uuid7(),
                "name": text(random),
                "label": random.choice(({}, {"de": text(random)}, {"en": text(random)})),
                "parent": parent,
                "created_at": created_at,
            }
        )
        created_at += random.choice(STEPS)
    for number in range(1, products + 1):
        rows.products.append(_product(random, rows, number, created_at))
        created_at += random.choice(STEPS)
    for product in rows.products:
        for place in range(random.randrange(3)):
            rows.parts.append(
                {
                    "id": uuid7(),
                    "product": product["id"],
                    "place": place,
                    "sku": text(random),
                    "quantity": random.choice((1, 1000)),
                    "price": amount(random, product["currency"]),
                    "origin": maybe(random, random.choice(rows.categories)["id"]),
                }
            )
    for _ in range(products):
        rows.reviews.append(
            {
                "id": uuid7(),
                "product": random.choice(rows.products[: products // 2])["id"],
                "author": text(random),
                "stars": random.randint(1, 5),
                "created_at": BEGIN,
            }
        )
    rows.safes += [{"id": uuid7(), "code": text(random)} for _ in range(4)]
    for _ in range(products // 2):
        rows.perks.append(
            {
                "id": uuid7(),
                "product": random.choice(rows.products)["id"],
                "safe": maybe(random, random.choice(rows.safes)["id"]),
                "name": text(random),
                "points": random.randrange(5),
            }
        )
    return rows


def store(installation: Runtime, tenant: NewTenant, rows: Rows) -> None:
    """Insert rows through the door that operations use; products get their numbers in order."""
    with installation.as_key(parse_key(tenant.api_key)) as ctx:
        for model, kind in (
            (Category, rows.categories),
            (Product, rows.products),
            (Part, rows.parts),
            (Review, rows.reviews),
            (Safe, rows.safes),
            (Perk, rows.perks),
        ):
            given = [
                {k: v for k, v in row.items() if k not in ("number", "version")} for row in kind
            ]
            ctx.insert_all(model(**one) for one in given)
            ctx.flush()
        ctx.finish()


def one(rows: Sequence[Values], row_id: UUID | None) -> Values | None:
    """The row with an id."""
    return next((row for row in rows if row["id"] == row_id), None)

"""The wire forms of the modules of a stranger."""

from __future__ import annotations

from typing import Any

from peewee import Cast, Function

from sparx_core import (
    Choice,
    Computed,
    Currency,
    DecimalNumber,
    Document,
    Embedded,
    Flag,
    ListOf,
    LocalizedText,
    Many,
    Money,
    ObjectSchema,
    Related,
    RelatedList,
    ResourceSchema,
    Scope,
    SequenceNumber,
    Text,
    Timestamp,
    UnitPrice,
    WholeNumber,
)

from .models import Part, Perk, Review

KINDS, GRADES = ("simple", "bundle", "digital"), ("a", "b", "c")
#: Weeks are counted in sevens.
WEEK = 7


def profit(product: Scope) -> Any:
    """What is left of the price."""
    return product.column("price") - Function("coalesce", (product.column("cost"), 0))


def review_count(product: Scope) -> Any:
    """How many reviews there are, from their table."""
    return (
        Review.select(Function("count", (Review.id,)))
        .where(Review.product == product.column("id"))
        .limit(1)
    )


def perk_points(product: Scope) -> Any:
    """The points of all perks of a product."""
    total = Function("coalesce", (Function("sum", (Perk.points,)), 0))
    return Perk.select(Cast(total, "integer")).where(Perk.product == product.column("id"))


def shout(category: Scope) -> Any:
    return Function("upper", (category.column("name"),))


class CategorySchema(ResourceSchema):
    """A category."""

    name = Text(200, required=True)
    label = LocalizedText()
    parent = Related("shop.categories", allow_none=True)
    children = RelatedList("shop.categories", by="parent", sort="name", limit=2)
    products = RelatedList("shop.products", by="category", sort="-price", limit=3)
    created_at = Timestamp(dump_only=True)


class PhotoSchema(ObjectSchema):
    """A photo."""

    url = Text(required=True)
    alt_text = Text()


class PartSchema(ObjectSchema):
    """A part of a product."""

    sku = Text(required=True)
    quantity = WholeNumber(1, 1000, required=True)
    price = Money(required=True, currency="product.currency")
    origin = Related("shop.categories", allow_none=True)


class ProductSchema(ResourceSchema):
    """A product: a field of every kind."""

    number = SequenceNumber()
    name = Text(200, required=True)
    subtitle = Text(200, allow_none=True)
    code = Text(40, allow_none=True)
    kind = Choice(*KINDS)
    grade = Choice(*GRADES, allow_none=True)
    active = Flag()
    featured = Flag(allow_none=True)
    stock = WholeNumber()
    position = WholeNumber(-1000, 2**31 - 1, allow_none=True)
    views = WholeNumber(1 - 2**63, 2**63 - 1, allow_none=True)
    currency = Currency(required=True)
    price = Money(required=True)
    cost = Money(allow_none=True)
    unit_price = UnitPrice(allow_none=True)
    weight = DecimalNumber(places=6, allow_none=True)
    released_at = Timestamp(allow_none=True)
    category = Related("shop.categories", allow_none=True)
    substitute = Related("shop.products", allow_none=True)
    parts = Many(PartSchema, Part, by="product", order_by="place", maximum=20)
    photos = Embedded(PhotoSchema, maximum=5)
    attributes = Document()
    tags = ListOf(Text(60), maximum=10)
    title = LocalizedText(allow_none=True)
    profit = Computed(Money(), profit)
    weekday = Computed(
        WholeNumber(), lambda product: Function("mod", (product.column("stock"), WEEK))
    )
    review_count = Computed(WholeNumber(), review_count, reads=[Review])
    reviews = RelatedList("shop.reviews", by="product", sort="-stars", limit=2)
    created_at = Timestamp(dump_only=True)


class ReviewSchema(ResourceSchema):
    """A review."""

    product = Related("shop.products", required=True)
    author = Text(required=True)
    stars = WholeNumber(1, 5, required=True)
    created_at = Timestamp(dump_only=True)


class SafeSchema(ResourceSchema):
    """A safe."""

    code = Text(required=True)


class PerkSchema(ResourceSchema):
    """A perk."""

    product = Related("shop.products", required=True)
    safe = Related("vault.safes", allow_none=True)
    name = Text(required=True)
    points = WholeNumber(maximum=1000)


class ProductPerks(ObjectSchema):
    """What the perks add to a product."""

    perk_points = Computed(WholeNumber(), perk_points, reads=[Perk])
    perks = RelatedList("perks.perks", by="product", limit=5)


class CategoryPerks(ObjectSchema):
    """What they add to a category."""

    shout = Computed(Text(), shout)

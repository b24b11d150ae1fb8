"""Lines with prices, discounts and taxes: the same in orders and quotes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields

from sparx_core import (
    DecimalNumber,
    Document,
    Embedded,
    Flag,
    Id,
    ListOf,
    Money,
    ObjectSchema,
    Text,
    UnitPrice,
    WholeNumber,
)

#: Lines of one order or quote, and pieces in one line, at most.
MAX_ITEMS, MAX_QUANTITY = 1000, 1_000_000
#: Taxes on one line, and shipping lines, at most.
MAX_TAXES, MAX_SHIPPING = 10, 20


class TaxSchema(ObjectSchema):
    """A tax on a line. The server computes what it comes to."""

    name = Text(80, required=True, metadata={"example": "CA sales tax"})
    rate = DecimalNumber(
        0,
        1000,
        required=True,
        metadata={"description": "In percent.", "example": Decimal("8.875")},
    )
    amount = Money(dump_only=True, metadata={"example": Decimal("205.55")})


def _taxes(**metadata: Any) -> ListOf:
    return ListOf(fields.Nested(TaxSchema), maximum=MAX_TAXES, metadata=metadata)


class LineSchema(ObjectSchema):
    """A line: so many pieces of something at a price each."""

    sku = Text(127, required=True, metadata={"example": "INJ-6.7-CR"})
    name = Text(required=True, metadata={"example": "6.7L Common-Rail Injector"})
    quantity = WholeNumber(1, MAX_QUANTITY, required=True, metadata={"example": 8})
    unit_price = UnitPrice(
        required=True, currency="order.currency", metadata={"example": Decimal("289.50")}
    )


class ShippingLineSchema(ObjectSchema):
    """What is charged for shipping; discounts do not touch it. ``total`` has the taxes in it."""

    name = Text(required=True, metadata={"example": "Ground"})
    amount = Money(required=True, metadata={"example": Decimal("12.00")})
    taxes = _taxes()
    tax_inclusive = Flag()
    tax = Money(dump_only=True, metadata={"example": Decimal("1.07")})
    total = Money(dump_only=True, metadata={"example": Decimal("13.07")})


def shipping_lines(**metadata: Any) -> Embedded:
    """The field ``shipping_lines`` of whatever has lines."""
    return Embedded(ShippingLineSchema, maximum=MAX_SHIPPING, metadata=metadata)


def priced_fields(parent: str, **metadata: Any) -> dict[str, fields.Field[Any]]:
    """The fields of a line beside those of ``LineSchema``; ``parent`` holds the currency.

    For ``LineSchema.from_dict``-like subclasses: ``vars().update(priced_fields("order"))``.
    """
    currency = f"{parent}.currency"

    def told(example: Any = None, **more: Any) -> dict[str, Any]:
        return {**metadata, **more, **({} if example is None else {"example": example})}

    computed: Any = {"currency": currency, "dump_only": True}
    return {
        "description": Text(10_000, allow_none=True, metadata=told("Remanufactured, 24 months.")),
        "product_id": Id(allow_none=True, metadata=told()),
        "variant_id": Id(allow_none=True, metadata=told()),
        "discount_amount": Money(
            currency=currency,
            metadata=told(Decimal("16.00"), description="Off the line as a whole."),
        ),
        "allocated_discount": Money(
            **computed,
            metadata=told(Decimal("0.00"), description="Its share of the whole's discount."),
        ),
        "taxes": _taxes(**told()),
        "tax_inclusive": Flag(
            metadata=told(
                description="Whether the price, and the discount, have the taxes in them."
            )
        ),
        "tax": Money(**computed, metadata=told(Decimal("205.55"))),
        "total": Money(
            **computed,
            metadata=told(
                Decimal("2521.55"), description="What the line costs, discounts and taxes in it."
            ),
        ),
        "metadata": Document(metadata=told({"bay": "4"})),
    }

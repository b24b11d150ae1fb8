"""Bodies of requests, priced: what their schemas could not check is checked here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sparx_core import AMOUNT_LIMIT, Money, UnitPrice, ValidationFailed, round_amount
from sparx_crm.pricing.lines import Charge, Line, PricedOrder, Tax, price_lines

_AMOUNT, _UNIT_PRICE = Money(), UnitPrice()
_LIMIT = f"The total must be below {AMOUNT_LIMIT:,}."
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Priced:
    """The total of each line, in order, and their sum."""

    lines: tuple[Decimal, ...]
    subtotal: Decimal


def price_items(currency: str, items: Sequence[Item]) -> Priced:
    """Price validated items; ``ValidationFailed`` for digits or sums that the currency lacks."""
    _refuse(_price_problems(currency, items))
    lines = tuple(round_amount(item["unit_price"] * item["quantity"], currency) for item in items)
    subtotal = sum(lines, Decimal(0))
    if subtotal >= AMOUNT_LIMIT:
        raise ValidationFailed([("items", _LIMIT)])
    return Priced(lines, subtotal)


def price_body(currency: str, body: Mapping[str, Any]) -> PricedOrder:
    """Price ``items``, ``discount_amount`` and ``shipping_lines`` of a validated body, as the
    schemas of :mod:`sparx_crm.schemas.lines` leave them.

    ``ValidationFailed`` names the place of what is wrong: more digits than the currency has, a
    discount of a line that is more than the line, a total that nothing can hold.
    """
    items: Sequence[Item] = body["items"]
    shipping: Sequence[Item] = body.get("shipping_lines") or ()
    discount = body.get("discount_amount") or Decimal(0)
    _refuse([
        *_price_problems(currency, items),
        *_discount_problems(currency, items),
        *_digits("discountAmount", discount, currency),
        *(problem for number, one in enumerate(shipping)
          for problem in _digits(
              f"shippingLines[{number}].amount", Decimal(one["amount"]), currency
          )),
    ])  # fmt: skip
    priced = price_lines(
        currency,
        [_line(item) for item in items],
        discount=discount,
        shipping=[_charge(one) for one in shipping],
    )
    if max(priced.subtotal, priced.total, priced.shipping_total) >= AMOUNT_LIMIT:
        raise ValidationFailed([("items", _LIMIT)])
    return priced


def _line(item: Item) -> Line:
    return Line(
        quantity=item["quantity"],
        unit_price=item["unit_price"],
        discount=item.get("discount_amount") or Decimal(0),
        taxes=_taxes(item),
        tax_inclusive=item.get("tax_inclusive", False),
    )


def _charge(one: Item) -> Charge:
    # An ``Embedded`` object has the names of its wire form.
    inclusive = one.get("taxInclusive", one.get("tax_inclusive", False))
    return Charge(one["name"], Decimal(one["amount"]), _taxes(one), inclusive)


def _taxes(item: Item) -> tuple[Tax, ...]:
    # A whole number in JSON that was stored comes back as an int.
    return tuple(Tax(tax["name"], Decimal(tax["rate"])) for tax in item.get("taxes") or ())


def _price_problems(currency: str, items: Sequence[Item]) -> list[tuple[str, str]]:
    problems = []
    for number, item in enumerate(items):
        problem = _UNIT_PRICE.check_digits(item["unit_price"], currency)
        if problem:
            problems.append((f"items[{number}].unitPrice", problem))
    return problems


def _discount_problems(currency: str, items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    for number, item in enumerate(items):
        discount = item.get("discount_amount")
        if not discount:
            continue
        place = f"items[{number}].discountAmount"
        yield from _digits(place, discount, currency)
        base = round_amount(item["unit_price"] * item["quantity"], currency)
        if discount > base:
            yield place, f"Must not be more than the line, which comes to {base}."


def _digits(place: str, amount: Decimal, currency: str) -> list[tuple[str, str]]:
    problem = _AMOUNT.check_digits(amount, currency)
    return [(place, problem)] if problem else []


def _refuse(problems: list[tuple[str, str]]) -> None:
    if problems:
        raise ValidationFailed(problems)

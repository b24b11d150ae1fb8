"""What an order costs: each line rounded once, half up, and the total the sum of the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sparx_core import AMOUNT_LIMIT, UnitPrice, ValidationFailed, round_amount

_UNIT_PRICE = UnitPrice()


@dataclass(frozen=True)
class Priced:
    """The total of each line, in order, and their sum."""

    lines: tuple[Decimal, ...]
    subtotal: Decimal


def price_items(currency: str, items: Sequence[dict[str, Any]]) -> Priced:
    """Price validated items; ``ValidationFailed`` for digits or sums that the currency lacks."""
    problems = []
    for number, item in enumerate(items):
        problem = _UNIT_PRICE.check_digits(item["unit_price"], currency)
        if problem:
            problems.append((f"items[{number}].unitPrice", problem))
    if problems:
        raise ValidationFailed(problems)
    lines = tuple(round_amount(item["unit_price"] * item["quantity"], currency) for item in items)
    subtotal = sum(lines, Decimal(0))
    if subtotal >= AMOUNT_LIMIT:
        raise ValidationFailed([("items", f"The total must be below {AMOUNT_LIMIT:,}.")])
    return Priced(lines, subtotal)

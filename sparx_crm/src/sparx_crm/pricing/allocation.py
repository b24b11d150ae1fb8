"""Parts of amounts, in whole minor units: computed with integers, so that nothing is rounded twice.

``Decimal`` keeps 28 digits; a product of an amount, a rate and a quantity may have more.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from sparx_core import currency_digits


def share(amount: Decimal, part: Decimal | int, whole: Decimal | int, currency: str) -> Decimal:
    """``amount x part / whole``, rounded half up, away from zero, to the digits of ``currency``."""
    digits = currency_digits()[currency]
    exact = Fraction(amount) * Fraction(part) / Fraction(whole) * 10**digits
    return Decimal(_half_up(exact)).scaleb(-digits)


def allocate(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """``amount`` in parts that are proportional to ``weights`` and add up to it.

    By largest remainder; of equal remainders the first is served. Weights that are all zero share
    evenly. A negative amount is the same with the other sign.
    """
    digits = currency_digits()[currency]
    units = int(amount.copy_abs().scaleb(digits))
    places = [Fraction(weight) for weight in weights]
    if not any(places):
        places = [Fraction(1)] * len(places)
    whole = sum(places, Fraction(0))
    exact = [units * place / whole for place in places]
    parts = [int(one) for one in exact]
    # sorted() is stable: equal remainders stay in the order of the lines.
    behind = sorted(range(len(parts)), key=lambda number: parts[number] - exact[number])
    for number in behind[: units - sum(parts)]:
        parts[number] += 1
    sign = -1 if amount < 0 else 1
    return [Decimal(sign * part).scaleb(-digits) for part in parts]


def _half_up(exact: Fraction) -> int:
    rounded = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return -rounded if exact < 0 else rounded

"""Money: exact decimals in currency units, rounded once per line, HALF_UP.

The number of digits of a currency comes from the ISO 4217 table that the ``iso4217``
package pins; amounts are stored as BIGINT (see ``db.fields``), never as floats.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from iso4217 import Currency

#: Digits kept by a stored amount (ten-thousandths): the largest ISO 4217 exponent, CLF and UYW.
AMOUNT_DIGITS = 4
#: A unit price may carry this many digits more than an amount of its currency.
EXTRA_PRICE_DIGITS = 4
#: Amounts are below 10**14 units, so that their ten-thousandths fit a BIGINT.
AMOUNT_LIMIT = Decimal(10) ** 14
#: Unit prices are below 10**10 units, so that their hundred-millionths fit a BIGINT.
UNIT_PRICE_LIMIT = Decimal(10) ** 10


@lru_cache(maxsize=1)
def currency_digits() -> dict[str, int]:
    """Digits after the point by currency code, for every ISO 4217 currency that is money.

    Codes without an exponent (XXX, XAU, the SDR) name no money that can be paid and are absent.
    """
    return {c.code: c.exponent for c in Currency if c.exponent is not None and c.code != "XTS"}


def is_currency(code: str) -> bool:
    """Whether ``code`` is an upper-case ISO 4217 code of money."""
    return code in currency_digits()


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """``amount`` rounded half up, away from zero, to the digits of its currency."""
    return amount.quantize(Decimal(1).scaleb(-currency_digits()[currency]), ROUND_HALF_UP)


def decimal_places(number: Decimal) -> int:
    """Digits after the point that carry value: 0 for 5, 1 for 5.10.

    Read off the digits: arithmetic, ``normalize`` included, rounds to 28 of them.
    """
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or not any(digits):
        return 0
    trailing_zeros = next(place for place, digit in enumerate(reversed(digits)) if digit)
    return max(0, -exponent - trailing_zeros)

"""What pieces of a line cost."""

from __future__ import annotations

from decimal import Decimal

from sparx_crm.pricing.allocation import share


def refund_of(
    total: Decimal, quantity: int, pieces: int, before: tuple[int, Decimal], currency: str
) -> Decimal:
    """What to give back for ``pieces`` of a line of ``quantity`` that cost ``total``.

    ``before`` says how many pieces were given back already, and for how much. 20.00 for three
    pieces comes back as 6.67, 6.66 and 6.67.
    """
    given, amount = before
    return max(share(total, given + pieces, quantity, currency) - amount, Decimal(0))

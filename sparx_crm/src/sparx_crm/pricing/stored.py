"""Priced taxes and charges as JSON columns keep them, and as they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sparx_core import round_amount
from sparx_crm.pricing.lines import PricedCharge, TaxAmount


def stored_taxes(taxes: Iterable[TaxAmount]) -> list[dict[str, Any]]:
    """``[{"name", "rate", "amount"}]``; a rate is kept without zeros at its end."""
    return [{"name": one.name, "rate": _trimmed(one.rate), "amount": one.amount} for one in taxes]


def stored_shipping(charges: Iterable[PricedCharge], currency: str) -> list[dict[str, Any]]:
    """The charges in their wire form, each with its taxes and what it comes to."""
    return [
        {
            "name": one.name,
            "amount": round_amount(one.amount, currency),
            "taxes": stored_taxes(one.taxes),
            "taxInclusive": one.tax_inclusive,
            "tax": round_amount(one.tax, currency),
            "total": round_amount(one.total, currency),
        }
        for one in charges
    ]


def _trimmed(rate: Decimal) -> Decimal:
    return rate.quantize(Decimal(1)) if rate == rate.to_integral_value() else rate.normalize()

"""Lines and what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sparx_core import round_amount
from sparx_crm.pricing.allocation import allocate, share

ZERO = Decimal(0)


@dataclass(frozen=True)
class Tax:
    """A tax of ``rate`` percent."""

    name: str
    rate: Decimal


@dataclass(frozen=True)
class TaxAmount:
    """A tax, and what it comes to."""

    name: str
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Line:
    """So many pieces at a price each; ``discount`` is taken off the line as a whole.

    A price that is ``tax_inclusive`` has the taxes in it, and so has the discount.
    """

    quantity: int
    unit_price: Decimal
    discount: Decimal = ZERO
    taxes: tuple[Tax, ...] = ()
    tax_inclusive: bool = False


@dataclass(frozen=True)
class Charge:
    """What is charged beside the lines, such as shipping; no discount touches it."""

    name: str
    amount: Decimal
    taxes: tuple[Tax, ...] = ()
    tax_inclusive: bool = False


@dataclass(frozen=True)
class PricedLine:
    """A line's money: ``base - discount - allocated`` is what is taxed, or has the tax in it.

    ``allocated`` is the share of the discount of the whole; ``total`` is what the line costs.
    """

    base: Decimal
    discount: Decimal
    allocated: Decimal
    taxes: tuple[TaxAmount, ...]
    tax: Decimal
    included_tax: Decimal
    total: Decimal

    @property
    def net(self) -> Decimal:
        """What the line costs without tax."""
        return self.total - self.tax


@dataclass(frozen=True)
class PricedCharge:
    """A charge's money; ``total`` is ``amount`` with the taxes that it does not include."""

    name: str
    amount: Decimal
    tax_inclusive: bool
    taxes: tuple[TaxAmount, ...]
    tax: Decimal
    included_tax: Decimal
    total: Decimal

    @property
    def net(self) -> Decimal:
        """The charge without tax."""
        return self.total - self.tax


@dataclass(frozen=True)
class PricedOrder:
    """The money of lines together.

    ``subtotal - discount_total + shipping_total + tax_total - included_tax_total = total``.
    """

    lines: tuple[PricedLine, ...]
    shipping: tuple[PricedCharge, ...]
    subtotal: Decimal
    discount_total: Decimal
    shipping_total: Decimal
    tax_total: Decimal
    included_tax_total: Decimal
    total: Decimal

    @property
    def tax_lines(self) -> tuple[TaxAmount, ...]:
        """What each tax comes to over all lines, in the order in which they first occur."""
        found: dict[tuple[str, Decimal], Decimal] = {}
        taxed: list[PricedLine | PricedCharge] = [*self.lines, *self.shipping]
        for one in taxed:
            for tax in one.taxes:
                key = (tax.name, tax.rate)
                found[key] = found.get(key, ZERO) + tax.amount
        return tuple(TaxAmount(name, rate, amount) for (name, rate), amount in found.items())


def price_lines(
    currency: str,
    lines: Sequence[Line],
    *,
    discount: Decimal = ZERO,
    shipping: Iterable[Charge] = (),
) -> PricedOrder:
    """Price lines by the policy of this package.

    A discount that is more than the lines come to is as much as they come to. Amounts are not
    checked here: a line's discount is at most its base, and none has more digits than the currency.
    """
    bases = [round_amount(line.unit_price * line.quantity, currency) for line in lines]
    left = [base - line.discount for base, line in zip(bases, lines, strict=True)]
    shared = min(discount, sum(left, ZERO))
    shares = allocate(shared, left, currency) if shared else [ZERO] * len(left)
    priced = tuple(
        _line(line, base, part, currency)
        for line, base, part in zip(lines, bases, shares, strict=True)
    )
    charges = tuple(_charge(one, currency) for one in shipping)
    taxed: list[PricedLine | PricedCharge] = [*priced, *charges]
    return PricedOrder(
        lines=priced,
        shipping=charges,
        subtotal=sum(bases, ZERO),
        discount_total=sum((one.discount for one in lines), ZERO) + shared,
        shipping_total=sum((one.amount for one in charges), ZERO),
        tax_total=sum((one.tax for one in taxed), ZERO),
        included_tax_total=sum((one.included_tax for one in taxed), ZERO),
        total=sum((one.total for one in taxed), ZERO),
    )


def _line(line: Line, base: Decimal, allocated: Decimal, currency: str) -> PricedLine:
    price = base - line.discount - allocated
    taxes = _taxes(price, line.taxes, line.tax_inclusive, currency)
    tax = sum((one.amount for one in taxes), ZERO)
    included = tax if line.tax_inclusive else ZERO
    total = price + tax - included
    return PricedLine(base, line.discount, allocated, taxes, tax, included, total)


def _charge(charge: Charge, currency: str) -> PricedCharge:
    taxes = _taxes(charge.amount, charge.taxes, charge.tax_inclusive, currency)
    tax = sum((one.amount for one in taxes), ZERO)
    included = tax if charge.tax_inclusive else ZERO
    total = charge.amount + tax - included
    return PricedCharge(
        *(charge.name, charge.amount, charge.tax_inclusive), taxes, tax, included, total
    )


def _taxes(
    price: Decimal, taxes: Sequence[Tax], inclusive: bool, currency: str
) -> tuple[TaxAmount, ...]:
    """Of several taxes in one price each has its part of what the price is without them."""
    whole = 100 + (sum((tax.rate for tax in taxes), ZERO) if inclusive else ZERO)
    return tuple(
        TaxAmount(tax.name, tax.rate, share(price, tax.rate, whole, currency)) for tax in taxes
    )

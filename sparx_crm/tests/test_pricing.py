"""What lines cost, by numbers that other systems publish in their tests, and by what must hold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparx_crm.pricing import (
    Charge,
    Line,
    PricedOrder,
    Tax,
    allocate,
    price_lines,
    refund_of,
    share,
)


def d(text: str | int) -> Decimal:
    return Decimal(text)


def line(quantity: int, price: str, *rates: str, off: str = "0", inclusive: bool = False) -> Line:
    taxes = tuple(Tax(f"{rate} %", d(rate)) for rate in rates)
    return Line(quantity, d(price), d(off), taxes, inclusive)


def figures(order: PricedOrder) -> tuple[str, str, str, str]:
    found = (order.subtotal, order.discount_total, order.tax_total, order.total)
    return tuple(str(one) for one in found)  # type: ignore[return-value]


#: (source, currency, lines, discount, shipping, (subtotal, discount, tax, total)).
CASES = [
    ("seed", "USD", [line(8, "289.50")], "0", [], ("2316.00", "0", "0", "2316.00")),
    # The quote of the acceptance check: 8.875 % on what is left of 1234.50.
    (
        *("AC-R3", "USD", [line(100, "12.345", "8.875", off="154.31")], "0", []),
        ("1234.50", "154.31", "95.87", "1176.06"),
    ),
    (
        *("medusa, commercetools", "USD", [line(1, "10", "7")] * 3, "10", []),
        ("30.00", "10", "1.41", "21.41"),
    ),
    # Medusa #14817: the total that sums without rounding miss.
    (
        *("medusa 14817", "USD", [line(1, "24.99", "10.75")], "0", [Charge("s", d("6.44"))]),
        ("24.99", "0", "2.69", "34.12"),
    ),
    ("medusa", "USD", [line(2, "50", "10")], "0", [], ("100.00", "0", "10.00", "110.00")),
    # Vendure's order calculator: 123 cents at 20 %; tax on the line, and not on the unit (#1835);
    # a discount above the goods leaves the shipping.
    ("vendure", "USD", [line(1, "1.23", "20")], "0", [], ("1.23", "0", "0.25", "1.48")),
    ("vendure 1835", "USD", [line(10, "0.31", "20")], "0", [], ("3.10", "0", "0.62", "3.72")),
    (
        *("vendure", "USD", [line(1, "100")], "200", [Charge("s", d(5))]),
        ("100.00", "100.00", "0", "5.00"),
    ),
    # Saleor's flat rates: 23 % in prices, 12.30 is 10.00 and 2.30, shipping of 10.00 has 1.87.
    (
        *("saleor", "PLN", [line(3, "12.30", "23", inclusive=True)], "0", []),
        ("36.90", "0", "6.90", "36.90"),
    ),
    (
        *("saleor", "PLN", [line(1, "0", "23")], "0"),
        [Charge("s", d(10), (Tax("23 %", d(23)),), True)],
        ("0.00", "0", "1.87", "10.00"),
    ),
    # Sylius' calculator: 23 % on top of 100 and inside of it.
    ("sylius", "EUR", [line(1, "100", "23")], "0", [], ("100.00", "0", "23.00", "123.00")),
    (
        *("sylius", "EUR", [line(1, "100", "23", inclusive=True)], "0", []),
        ("100.00", "0", "18.70", "100.00"),
    ),
    # Solidus' default tax: 5 % on 30, and inside of 30.
    ("solidus", "USD", [line(3, "10", "5")], "0", [], ("30.00", "0", "1.50", "31.50")),
    (
        *("solidus", "USD", [line(3, "10", "5", inclusive=True)], "0", []),
        ("30.00", "0", "1.43", "30.00"),
    ),
    # Solidus' German shop: a book at 7 %, a sweater and a download at 19 %.
    (
        *("solidus", "EUR", [line(1, "20", "7", inclusive=True)], "0", []),
        ("20.00", "0", "1.31", "20.00"),
    ),
    (
        *("solidus", "EUR", [line(1, "30", "19", inclusive=True)], "0", []),
        ("30.00", "0", "4.79", "30.00"),
    ),
    (
        *("solidus", "EUR", [line(1, "10", "19", inclusive=True)], "0", []),
        ("10.00", "0", "1.60", "10.00"),
    ),
    # Solidus' Romanian buyer of that download: 8.40 without tax, 10.42 with 24 %.
    ("solidus", "EUR", [line(1, "8.40", "24")], "0", [], ("8.40", "0", "2.02", "10.42")),
    # Odoo rounds line by line.
    (
        *("odoo", "EUR", [line(1, "52.50", "12", inclusive=True)], "0", []),
        ("52.50", "0", "5.63", "52.50"),
    ),
    # The rest is arithmetic by the policy.
    (
        *("two lines", "USD", [line(1, "21.53", "21"), line(1, "21.53", "21")], "0", []),
        ("43.06", "0", "9.04", "52.10"),
    ),
    (
        *("two taxes inside", "USD", [line(1, "100", "10", "20", inclusive=True)], "0", []),
        ("100.00", "0", "23.07", "100.00"),
    ),
    (
        *("two taxes", "CAD", [line(1, "99.99", "5", "9.975")], "0", []),
        ("99.99", "0", "14.97", "114.96"),
    ),
    # Currencies without cents, and with three digits.
    ("yen", "JPY", [line(1, "1127", "10")], "0", [], ("1127", "0", "113", "1240")),
    (
        *("yen", "JPY", [line(3, "333", "10"), line(1, "500", "8")], "100", []),
        ("1499", "100", "130", "1529"),
    ),
    ("dinar", "BHD", [line(3, "1.234", "5")], "0", [], ("3.702", "0", "0.185", "3.887")),
    (
        *("dinar", "BHD", [line(1, "10", "10", inclusive=True)], "0", []),
        ("10.000", "0", "0.909", "10.000"),
    ),
    (
        *("dinar", "BHD", [line(3, "1.234", "5"), line(7, "0.999", "5")], "1", []),
        ("10.695", "1", "0.485", "10.180"),
    ),
    # Shipping has taxes of its own, and no discount touches it.
    (
        *("shipping", "EUR", [line(2, "25", "20")], "10"),
        [Charge("dhl", d("4.90"), (Tax("VAT", d(20)),))],
        ("50.00", "10", "8.98", "53.88"),
    ),
    (
        *("inclusive", "EUR", [line(3, "19.99", "20", inclusive=True)], "10", []),
        ("59.97", "10", "8.33", "49.97"),
    ),
    (
        *("one line", "EUR", [line(2, "19.70", "20", inclusive=True)], "0", []),
        ("39.40", "0", "6.57", "39.40"),
    ),
    (
        *("two lines", "EUR", [line(1, "19.70", "20", inclusive=True)] * 2, "0", []),
        ("39.40", "0", "6.56", "39.40"),
    ),
    ("nothing", "USD", [line(3, "0", "20")], "5", [], ("0.00", "0", "0.00", "0.00")),
]


@pytest.mark.parametrize(("source", "currency", "lines", "discount", "shipping", "found"), CASES)
def test_published_numbers(
    source: str,
    currency: str,
    lines: list[Line],
    discount: str,
    shipping: list[Charge],
    found: tuple[str, str, str, str],
) -> None:
    priced = price_lines(currency, lines, discount=d(discount), shipping=shipping)
    assert [d(one) for one in figures(priced)] == [d(one) for one in found]
    assert all(one == str(d(one)) for one in figures(priced))


@pytest.mark.parametrize(
    ("amount", "weights", "currency", "shares"),
    [
        ("10", ["10", "10", "10"], "USD", ["3.34", "3.33", "3.33"]),
        ("10", ["50", "50", "50"], "USD", ["3.34", "3.33", "3.33"]),
        # Sylius has 162, 52, 86 here: the remainders of 161.25, 52.50 and 86.25 say otherwise.
        ("3.00", ["43", "14", "23"], "USD", ["1.61", "0.53", "0.86"]),
        ("1.00", ["0", "0", "0"], "USD", ["0.34", "0.33", "0.33"]),
        ("1.00", ["0", "5", "0"], "USD", ["0.00", "1.00", "0.00"]),
        ("0.02", ["1", "1", "1"], "USD", ["0.01", "0.01", "0.00"]),
        ("-10", ["10", "10", "10"], "USD", ["-3.34", "-3.33", "-3.33"]),
        # Sylius' distributor of whole numbers: 1000 over 6 and over 11.
        ("10", ["1"] * 6, "USD", ["1.67"] * 4 + ["1.66"] * 2),
        ("10", ["1"] * 11, "USD", ["0.91"] * 10 + ["0.90"]),
        ("100", ["999", "500"], "JPY", ["67", "33"]),
        ("1", ["3.702", "6.993"], "BHD", ["0.346", "0.654"]),
        ("0.0001", ["1", "1"], "CLF", ["0.0001", "0.0000"]),
        ("42", ["150", "60"], "USD", ["30.00", "12.00"]),
    ],
)
def test_shares_by_largest_remainder(
    amount: str, weights: list[str], currency: str, shares: list[str]
) -> None:
    found = allocate(d(amount), [d(one) for one in weights], currency)
    assert [str(one) for one in found] == shares


@pytest.mark.parametrize(
    ("total", "quantity", "parts", "currency", "refunds"),
    [
        ("20.00", 3, [1, 1, 1], "USD", ["6.67", "6.66", "6.67"]),
        ("20.00", 3, [2, 1], "USD", ["13.33", "6.67"]),
        ("100.00", 7, [3, 3, 1], "USD", ["42.86", "42.85", "14.29"]),
        ("100", 3, [1, 1, 1], "JPY", ["33", "34", "33"]),
        ("0.01", 3, [1, 1, 1], "USD", ["0.00", "0.01", "0.00"]),
        ("3.887", 3, [1, 2], "BHD", ["1.296", "2.591"]),
    ],
)
def test_pieces_come_back_for_exactly_the_line(
    total: str, quantity: int, parts: list[int], currency: str, refunds: list[str]
) -> None:
    pieces, given, found = 0, d(0), []
    for part in parts:
        found.append(refund_of(d(total), quantity, part, (pieces, given), currency))
        pieces, given = pieces + part, given + found[-1]
    assert [d(one) for one in refunds] == found
    assert given == d(total)


def test_half_is_rounded_away_from_zero() -> None:
    assert share(d("0.05"), 1, 10, "USD") == d("0.01")
    assert share(d("-0.05"), 1, 10, "USD") == d("-0.01")
    assert share(d("0.0499999999999999999999999999999"), 1, 10, "USD") == 0


_PRICES = st.decimals(min_value=0, max_value=5000, places=3, allow_nan=False)
_LINES = st.integers(1, 500)
_RATES = st.lists(st.sampled_from(["0", "5", "7", "8.875", "19", "9.975"]), max_size=3)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 500), _PRICES, _RATES, st.booleans()), min_size=1, max_size=9
    ),
    st.decimals(min_value=0, max_value=9000, places=0, allow_nan=False),
    st.sampled_from(["USD", "JPY", "BHD", "CLF"]),
)
def test_sums_are_of_rounded_lines_and_shares_are_the_discount(
    lines: list[tuple[int, Decimal, list[str], bool]], discount: Decimal, currency: str
) -> None:
    priced = price_lines(
        currency,
        [line(number, str(price), *rates, inclusive=inside)
         for number, price, rates, inside in lines],
        discount=discount,
        shipping=[Charge("s", d(7), (Tax("t", d("8.1")),))],
    )  # fmt: skip
    sums = priced.subtotal - priced.discount_total + priced.shipping_total
    assert sums + priced.tax_total - priced.included_tax_total == priced.total
    assert sum(one.allocated for one in priced.lines) == priced.discount_total
    assert priced.discount_total == min(discount, priced.subtotal)
    assert all(one.total >= 0 and one.allocated >= 0 for one in priced.lines)
    assert sum(tax.amount for tax in priced.tax_lines) == priced.tax_total
    assert all(one.net + one.tax == one.total for one in (*priced.lines, *priced.shipping))

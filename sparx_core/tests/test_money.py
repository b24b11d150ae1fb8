"""Money: exact from the body to the column and back, rounded half up, once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparx_core import Money, MoneyField, UnitPrice, UnitPriceField, ValidationFailed
from sparx_core.json import decode
from sparx_core.money import (
    AMOUNT_LIMIT,
    UNIT_PRICE_LIMIT,
    currency_digits,
    decimal_places,
    is_currency,
    round_amount,
)
from sparx_core.schemas import ObjectSchema, load
from sparx_core.testing import Owner

CURRENCIES = sorted(currency_digits())
amounts = st.decimals(min_value=0, max_value=10**9, allow_nan=False, places=8)


class Priced(ObjectSchema):
    amount = Money()
    price = UnitPrice()


# -- currencies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "digits"),
    [("USD", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("BHD", 3), ("KWD", 3), ("CLF", 4)],
)
def test_digits_of_currencies(code: str, digits: int) -> None:
    assert currency_digits()[code] == digits


@pytest.mark.parametrize("code", ["usd", "Usd", "XXX", "XTS", "XAU", "XDR", "US", "USDD", "", "$"])
def test_what_is_no_money(code: str) -> None:
    assert not is_currency(code)


# -- rounding ------------------------------------------------------------------------------------


@given(amounts, st.sampled_from(CURRENCIES))
def test_rounding_is_half_up(amount: Decimal, currency: str) -> None:
    digits = currency_digits()[currency]
    rounded = round_amount(amount, currency)
    units = Fraction(amount) * 10**digits
    assert Fraction(rounded) * 10**digits == (units + Fraction(1, 2)).__floor__()
    assert decimal_places(rounded) <= digits


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("2316.00", "USD", "2316.00"),
        ("0.005", "USD", "0.01"),
        ("0.0049999999", "USD", "0.00"),
        ("0.5", "JPY", "1"),
        ("1.5", "JPY", "2"),
        ("2.5", "JPY", "3"),
        ("0.0005", "BHD", "0.001"),
        ("99999999999999.9949", "USD", "99999999999999.99"),
    ],
)
def test_rounding_by_hand(amount: str, currency: str, rounded: str) -> None:
    assert str(round_amount(Decimal(amount), currency)) == rounded


# -- digits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "places"),
    [
        ("5", 0),
        ("5.10", 1),
        ("5.00", 0),
        ("0", 0),
        ("0.000", 0),
        ("1E+5", 0),
        ("1.5E+1", 0),
        ("1.25E-2", 4),
        ("1." + "0" * 50 + "1", 51),
        ("12345678901234567890123456789012345.5", 1),
        ("1E-1000000", 1_000_000),
    ],
)
def test_places_that_carry_value(number: str, places: int) -> None:
    assert decimal_places(Decimal(number)) == places


@given(amounts.filter(lambda amount: decimal_places(amount) <= 4))
def test_accepted_amount_is_kept_to_the_digit(amount: Decimal) -> None:
    loaded = load(Priced(), decode(f'{{"amount": {amount:f}}}'.encode()))["amount"]
    column = MoneyField()
    assert column.python_value(column.db_value(loaded)) == amount


@given(amounts)
def test_accepted_unit_price_is_kept_to_the_digit(price: Decimal) -> None:
    loaded = load(Priced(), decode(f'{{"price": {price:f}}}'.encode()))["price"]
    column = UnitPriceField()
    assert column.python_value(column.db_value(loaded)) == price


@pytest.mark.parametrize("field", ["amount", "price"])
@pytest.mark.parametrize(
    "number",
    [
        "-1",
        "-0.01",
        "-1e400",
        "1e400",
        "1e999999",
        "1e1000000",
        "1e99999999",
        "100000000000000",
        "1e14",
        "0.000000001",
        "1e-9",
        "1e-1000000",
        "1e-99999999",
        "1.00000000000000000000000000000000000001",
        "0.10000000000000000000000000000000000001",
        "9999999999.99999999999999999999999999999",
        '"5"',
        "true",
        "null",
        "[]",
        "{}",
        '"NaN"',
    ],
)
def test_bad_amount_is_refused_by_name(field: str, number: str) -> None:
    with pytest.raises(ValidationFailed) as raised:
        load(Priced(), decode(f'{{"{field}": {number}}}'.encode()))
    assert [problem["field"] for problem in raised.value.details] == [field]


@pytest.mark.parametrize(
    ("field", "number"),
    [
        ("amount", "99999999999999.9999"),
        ("price", "9999999999.99999999"),
        ("amount", "0"),
        ("amount", "-0.0"),
        ("amount", "1e3"),
        ("price", "289.500000000000"),
        ("price", "12.5e-1"),
        ("amount", "0e99999999"),
    ],
)
def test_good_amount_is_accepted(field: str, number: str) -> None:
    loaded = load(Priced(), decode(f'{{"{field}": {number}}}'.encode()))[field]
    assert loaded == Decimal(number)
    column = MoneyField() if field == "amount" else UnitPriceField()
    assert column.db_value(loaded) == Fraction(loaded) * 10**column.digits


@pytest.mark.parametrize(
    ("limit", "column"), [(AMOUNT_LIMIT, MoneyField()), (UNIT_PRICE_LIMIT, UnitPriceField())]
)
def test_whatever_is_below_the_limit_fits_the_column(limit: Decimal, column: MoneyField) -> None:
    largest = limit - Decimal(1).scaleb(-column.digits)
    stored = column.db_value(largest)
    assert stored is not None
    assert stored < 2**63
    assert column.python_value(stored) == largest


def test_column_does_not_round() -> None:
    with pytest.raises(ValueError, match="decimal places"):
        MoneyField().db_value(Decimal("0.00001"))


# -- the wire ------------------------------------------------------------------------------------


@given(amount=st.integers(0, 10**18 - 1), currency=st.sampled_from(CURRENCIES))
def test_digits_fit_every_currency_in_python(amount: int, currency: str) -> None:
    number = Decimal(amount).scaleb(-4)
    problem = Money().check_digits(number, currency)
    assert (problem is None) == (number == round_amount(number, currency))


@pytest.mark.parametrize("currency", ["USD", "JPY", "BHD", "CLF"])
def test_database_writes_amounts_with_the_digits_of_their_currency(
    owner: Owner, currency: str
) -> None:
    digits = currency_digits()[currency]
    for units in (0, 1, 7, 10, 995, 123456789, 10**13 - 1):
        stored = units * 10 ** (4 - digits)
        written = owner.value("SELECT core.amount(%s, %s)::text", stored, currency)
        assert written == f"{Decimal(units).scaleb(-digits):f}"


@pytest.mark.parametrize(
    ("price", "currency", "written"),
    [
        (28950000000, "USD", "289.50"),
        (1250000, "USD", "0.0125"),
        (1, "CLF", "0.00000001"),
        (100000000, "JPY", "1"),
        (150000000, "JPY", "1.5"),
        (12345000000, "BHD", "123.450"),
        (0, "USD", "0.00"),
    ],
)
def test_database_writes_prices_with_all_their_digits(
    owner: Owner, price: int, currency: str, written: str
) -> None:
    found = owner.value("SELECT core.unit_price(%s, %s)::text", price, currency)
    assert found == written


def test_database_and_python_know_the_same_currencies(owner: Owner) -> None:
    found = dict(
        owner.rows("SELECT code, core.currency_digits(code) FROM unnest(%s) AS code", CURRENCIES)
    )
    assert found == currency_digits()

"""Accounts with entries and what those consist of: a column of every kind that is recorded."""

from __future__ import annotations

from peewee import DecimalField, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    SequenceField,
    TenantModel,
    TextArrayField,
    TimestampField,
    UnitPriceField,
    default,
)
from sparx_core.db.fields import JsonTextField


class Account(TenantModel):
    """``internal`` is on no wire; ``password`` is sent, and shown to nobody."""

    number = SequenceField(start=7)
    name = TextField()
    currency = TextField()
    balance = MoneyField(constraints=[default("0")])
    rate = UnitPriceField(null=True)
    weight = DecimalField(max_digits=20, decimal_places=6, null=True)
    opened_at = TimestampField(null=True)
    tags = TextArrayField(constraints=[default("'{}'")])
    title = JsonField(null=True)
    document = JsonField(constraints=[default("'{}'")])
    raw = JsonTextField(null=True)
    cards = JsonField(constraints=[default("'[]'")])
    parent = Reference("ledger.accounts", null=True, on_delete="SET NULL")
    iban = TextField(null=True)
    tax_number = TextField(null=True)
    password = TextField(null=True)
    internal = TextField(null=True)
    touched = IntegerField(constraints=[default("0")])

    class Meta:
        schema = "ledger"
        table_name = "accounts"


class Posting(TenantModel):
    """A line of an account."""

    account = Reference("ledger.accounts", on_delete="CASCADE")
    place = IntegerField()
    text = TextField()
    amount = MoneyField(currency="account.currency")
    price = UnitPriceField(currency="account.currency", null=True)
    secret = TextField(null=True)
    internal = TextField(null=True)

    class Meta:
        schema = "ledger"
        table_name = "postings"


class Piece(TenantModel):
    """A part of a line."""

    posting = Reference("ledger.postings", on_delete="CASCADE")
    place = IntegerField()
    label = TextField()

    class Meta:
        schema = "ledger"
        table_name = "pieces"


class Answer(TenantModel):
    """What only the account's holder knows."""

    account = Reference("ledger.accounts", on_delete="CASCADE")
    place = IntegerField()
    text = TextField()

    class Meta:
        schema = "ledger"
        table_name = "answers"

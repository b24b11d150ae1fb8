"""Custom fields in the queries of lists: what a list can be narrowed to, and sorted by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import ValidationError
from peewee import SQL, Cast, Expression, NodeList

from sparx_core.custom_fields.declared import Definition
from sparx_core.custom_fields.field import CUSTOM
from sparx_core.custom_fields.models import (
    BOOLEAN,
    DATE,
    DATETIME,
    EMAIL,
    MONEY,
    MULTISELECT,
    NUMBER,
    PHONE,
    REFERENCE,
    SELECT,
    TEXT,
    URL,
)
from sparx_core.fields import Currency
from sparx_core.read import documents
from sparx_core.read.documents import DocumentCondition, DocumentValue, number_in, number_of
from sparx_core.read.filters import first_message
from sparx_core.read.operators import ORDER, BadFilter
from sparx_core.read.ordering import Ordering
from sparx_core.read.wire import Scope

#: How the name of a parameter begins that is about a custom field.
PREFIX = f"{CUSTOM}."
#: How the values of each type compare.
_HOW = {
    TEXT: documents.TEXT,
    URL: documents.TEXT,
    EMAIL: documents.TEXT,
    PHONE: documents.TEXT,
    NUMBER: documents.NUMBER,
    DATE: documents.DAY,
    DATETIME: documents.TIME,
    BOOLEAN: documents.FLAG,
    SELECT: documents.WORD,
    MULTISELECT: documents.WORD,
    REFERENCE: documents.ID,
}
_OF_MONEY = ("eq", "ne", *ORDER, "exists")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    MONEY: _OF_MONEY,
    MULTISELECT: documents.OF_LISTS,
    **{type_: documents.OPERATORS[how] for type_, how in _HOW.items() if type_ != MULTISELECT},
}


def _in_document(key: str, row: Scope) -> Any:
    return Expression(row.column(CUSTOM), "->", key)


@dataclass(frozen=True)
class MoneyValue(DocumentValue):
    """An amount with its currency, which is compared in that alone."""

    operators = _OF_MONEY
    sorts = False

    def condition(self, operator: str, values: Sequence[str]) -> DocumentCondition:
        asked = super().condition(operator, values)
        return MoneyCondition(asked.on, asked.operator, asked.value)

    def read(self, text: str) -> Any:
        currency, colon, amount = text.partition(":")
        if not colon:
            raise BadFilter("Must be a currency and an amount, such as EUR:100.")
        try:
            return str(number_of(amount)), str(Currency().deserialize(currency))
        except ValidationError as error:
            raise BadFilter(first_message(error.messages)) from None


@dataclass(frozen=True)
class MoneyCondition(DocumentCondition):
    """A filter by an amount."""

    def sql(self, scope: Scope) -> Any:
        """The condition on the rows of ``scope``."""
        if self.operator == "exists":
            return super().sql(scope)
        document = self.on.place(scope)
        amount = number_in(Expression(document, "->", "amount"))
        currency = Expression(document, "->>", "currency")
        same = Expression(currency, "=", Cast(self.slot("to"), "text"))
        sign = "=" if self.operator == "ne" else documents.SIGNS[self.operator]
        compared = Expression(amount, sign, Cast(self.slot("from"), "numeric"))
        if self.operator == "ne":
            return NodeList((SQL("(("), same, SQL("AND"), compared, SQL(") IS NOT TRUE)")))
        return same & compared


def custom_value(defined: Definition) -> DocumentValue:
    """The value of a field as lists compare it."""
    named: dict[str, Any] = {
        "key": PREFIX + defined.key,
        "place": partial(_in_document, defined.key),
    }
    if defined.type == MONEY:
        return MoneyValue(**named, how=MONEY)
    return DocumentValue(**named, how=_HOW[defined.type], many=defined.type == MULTISELECT)


def custom_condition(
    defined: Definition, operator: str, values: Sequence[str]
) -> DocumentCondition:
    """What ``custom.key[operator]=value`` asks for; ``BadFilter`` says what is wrong with it."""
    return custom_value(defined).condition(operator, values)


def custom_ordering(definitions: Mapping[str, Definition], sort: str) -> Ordering:
    """The order that ``custom.key`` or ``-custom.key`` asks for; ``BadFilter`` if there is none."""
    name = sort.removeprefix("-")
    defined = definitions.get(name.removeprefix(PREFIX))
    if defined is None:
        raise BadFilter(f"There is no custom field {name[:80]!r}.")
    value = custom_value(defined)
    if not value.sorts:
        raise BadFilter(f"{name!r} is a {defined.type}, which has no order.")
    return value.ordering(descending=sort.startswith("-"))

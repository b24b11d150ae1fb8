"""What rules can speak of: fields of a customer and the account, consents, and custom fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from peewee import SQL, Cast, Expression, Function, NodeList, Value

from sparx_core import Context, Scope
from sparx_crm.models.customers import (
    CONSENT_CHANNELS,
    CONSENT_PURPOSES,
    CONSENT_STATES,
    CONTACT_METHODS,
    CUSTOMER_TYPES,
    LIFECYCLE_STAGES,
)

#: A field's value as SQL: given the customer, and the SQL of the moment.
Sql = Callable[[Scope, Any], Any]


class Sort(StrEnum):
    """What kind of values a field has, which decides its operators."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    MONEY = "money"
    TIME = "time"
    DATE = "date"
    FLAG = "flag"
    TAGS = "tags"
    ID = "id"


_LISTED = ("eq", "neq", "in", "not_in", "is_null", "is_not_null")
_ORDERED = ("gt", "gte", "lt", "lte", "between")
_DAYS = ("in_last_days", "before_last_days", "in_next_days")
OPERATORS: Mapping[Sort, tuple[str, ...]] = {
    Sort.TEXT: (*_LISTED, "contains", "not_contains"),
    Sort.CHOICE: _LISTED,
    Sort.NUMBER: (*_LISTED, *_ORDERED),
    Sort.MONEY: (*_LISTED, *_ORDERED),
    Sort.TIME: ("eq", "neq", "is_null", "is_not_null", *_ORDERED, *_DAYS),
    Sort.DATE: ("eq", "neq", "is_null", "is_not_null", *_ORDERED, *_DAYS),
    Sort.FLAG: ("eq", "neq", "is_null", "is_not_null"),
    Sort.TAGS: ("contains", "not_contains", "in", "not_in", "is_null", "is_not_null"),
    Sort.ID: _LISTED,
}


@dataclass(frozen=True)
class RuleField:
    """Something that a predicate can be about. ``words`` are all the values of a choice."""

    name: str
    sort: Sort
    sql: Sql
    words: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        return OPERATORS[self.sort]


def _column(name: str) -> Sql:
    return lambda customer, now: customer.column(name)


def _days_since(name: str) -> Sql:
    """Whole days of 24 hours that have passed; none if it never happened."""

    def sql(customer: Scope, now: Any) -> Any:
        passed = Expression(now, "-", customer.column(name))
        seconds = Function("date_part", (SQL("'epoch'"), passed))
        return Cast(Function("floor", (Expression(seconds, "/", SQL("86400")),)), "numeric")

    return sql


def _account(name: str) -> Sql:
    """A column of the account that the customer works for above all."""
    begin = SQL(f"(SELECT a.{name} FROM crm.accounts a WHERE NOT a.trashed AND a.id =")
    return lambda customer, now: NodeList((begin, customer.column("account_id"), SQL(")")))


def _consent(channel: str, purpose: str) -> Sql:
    """The last word in the ledger."""
    begin = SQL("(SELECT o.state FROM crm.consents o WHERE o.customer_id =")
    end = SQL(
        f"AND o.channel = '{channel}' AND o.purpose = '{purpose}'"
        " ORDER BY o.occurred_at DESC, o.id DESC LIMIT 1)"
    )
    return lambda customer, now: NodeList((begin, customer.column("id"), end))


def _known() -> Iterator[RuleField]:
    for name, sort, column, words in (
        ("name", Sort.TEXT, "name", ()),
        ("email", Sort.TEXT, "email", ()),
        ("phone", Sort.TEXT, "phone", ()),
        ("company", Sort.TEXT, "company", ()),
        ("jobTitle", Sort.TEXT, "job_title", ()),
        ("locale", Sort.TEXT, "locale", ()),
        ("currency", Sort.TEXT, "currency", ()),
        ("type", Sort.CHOICE, "type", CUSTOMER_TYPES),
        ("lifecycleStage", Sort.CHOICE, "lifecycle_stage", LIFECYCLE_STAGES),
        ("preferredContactMethod", Sort.CHOICE, "preferred_contact_method", CONTACT_METHODS),
        ("ownerId", Sort.ID, "owner_id", ()),
        ("tags", Sort.TAGS, "tags", ()),
        ("doNotContact", Sort.FLAG, "do_not_contact", ()),
        ("orderCount", Sort.NUMBER, "order_count", ()),
        ("totalSpent", Sort.MONEY, "total_spent", ()),
        ("firstOrderAt", Sort.TIME, "first_order_at", ()),
        ("lastOrderAt", Sort.TIME, "last_order_at", ()),
        ("createdAt", Sort.TIME, "created_at", ()),
    ):
        yield RuleField(f"customer.{name}", sort, _column(column), words)
    yield RuleField("customer.daysSinceLastOrder", Sort.NUMBER, _days_since("last_order_at"))
    yield RuleField("customer.daysSinceCreated", Sort.NUMBER, _days_since("created_at"))
    for name, sort, column in (
        ("id", Sort.ID, "id"),
        ("name", Sort.TEXT, "name"),
        ("domain", Sort.TEXT, "domain"),
        ("industry", Sort.TEXT, "industry"),
        ("employees", Sort.NUMBER, "employees"),
        ("tags", Sort.TAGS, "tags"),
        ("ownerId", Sort.ID, "owner_id"),
        ("createdAt", Sort.TIME, "created_at"),
    ):
        yield RuleField(f"account.{name}", sort, _account(column))
    for channel in CONSENT_CHANNELS:
        for purpose in CONSENT_PURPOSES:
            name = f"consent.{channel}.{purpose}"
            yield RuleField(name, Sort.CHOICE, _consent(channel, purpose), CONSENT_STATES)


FIELDS: Mapping[str, RuleField] = {one.name: one for one in _known()}

#: The custom fields that rules can speak of, by their type, and the type of their SQL.
_CUSTOM: Mapping[str, tuple[Sort, str]] = {
    "text": (Sort.TEXT, "text"),
    "url": (Sort.TEXT, "text"),
    "email": (Sort.TEXT, "text"),
    "phone": (Sort.TEXT, "text"),
    "select": (Sort.CHOICE, "text"),
    "number": (Sort.NUMBER, "numeric"),
    "date": (Sort.DATE, "date"),
    "datetime": (Sort.TIME, "timestamptz"),
    "boolean": (Sort.FLAG, "boolean"),
    "reference": (Sort.ID, "uuid"),
}


def _custom(key: str, type_: str) -> Sql:
    def sql(customer: Scope, now: Any) -> Any:
        value = Expression(customer.column("custom"), "->>", Value(key, converter=False))
        return Cast(NodeList((SQL("("), value, SQL(")"))), type_)

    return sql


def _options(customer: Scope, key: str) -> Any:
    """The entries of a multiselect."""
    value = Expression(customer.column("custom"), "->", Value(key, converter=False))
    begin, end = SQL("(SELECT array_agg(v) FROM jsonb_array_elements_text("), SQL(") v)")
    return NodeList((begin, value, end))


def _custom_fields(definitions: Mapping[str, Any]) -> Iterator[RuleField]:
    for key, one in definitions.items():
        name = f"custom.{key}"
        if one.type == "multiselect":
            yield RuleField(name, Sort.TAGS, lambda c, now, k=key: _options(c, k))  # type: ignore[misc]
        elif one.type in _CUSTOM:
            sort, type_ = _CUSTOM[one.type]
            words = tuple(one.options) if sort is Sort.CHOICE else ()
            yield RuleField(name, sort, _custom(key, type_), words)


def vocabulary(ctx: Context) -> Mapping[str, RuleField]:
    """All that the rules of this tenant can speak of."""
    definitions = ctx.declared.of("crm.customers")
    custom = {one.name: one for one in _custom_fields(definitions)}
    return {**FIELDS, **custom} if custom else FIELDS

"""What breaks clients of an older schema, and what a deprecation allows."""

from __future__ import annotations

from datetime import date

import pytest
from graphql import build_schema

from sparx_core.surfaces.graphql.changes import breaking_changes

OLD = """
type Query {
  orders(take: Int, status: Status): [Order]
  invoices: [Invoice]
    @deprecated(reason: "Deprecated since 2026-01-01, promised until 2026-07-01. Use orders.")
}
type Order {
  id: ID!
  total: String
  shipTo: String
    @deprecated(reason: "Deprecated since 2026-01-01, promised until 2026-07-01. Use address.")
}
type Invoice { id: ID! }
enum Status { open closed }
input OrderCreate { total: String, note: String }
type Mutation { createOrder(input: OrderCreate!): Order }
"""
BEFORE, AFTER = date(2026, 6, 30), date(2026, 7, 1)


def changed(old: str, new: str, day: date = BEFORE) -> list[str]:
    assert old in OLD
    return breaking_changes(build_schema(OLD), build_schema(OLD.replace(old, new)), day)


def test_nothing_breaks_where_nothing_changes() -> None:
    assert changed("type Query", "type Query") == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  total: String\n", "", "Field Order.total was removed."),
        ("take: Int, ", "", "Argument Query.orders(take:) was removed."),
        ("open closed", "open", "Enum value Status.closed was removed."),
        ("id: ID!\n", "id: ID\n", "Field Order.id changed type from ID! to ID."),
        ("note: String", "note: String!", "Field OrderCreate.note changed type from String to"),
        ("note: String", "note: String, by: ID!", "A required field OrderCreate.by was added."),
        ("type Mutation { createOrder", "type Others { createOrder", "Mutation was removed."),
    ],
)
def test_what_breaks(old: str, new: str, told: str) -> None:
    (found,) = changed(old, new)
    assert found.startswith(told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type Invoice", "type More { id: ID }\ntype Invoice"),
        ("total: String\n", "total: String!\n  tax: String\n"),
        ("open closed", "open closed held"),
        ("take: Int", "take: Int, skip: Int"),
        ("note: String", "note: String, by: ID"),
    ],
)
def test_what_is_new_breaks_nobody(old: str, new: str) -> None:
    assert changed(old, new) == []


def test_what_was_deprecated_may_be_gone_after_its_sunset() -> None:
    start = OLD.index("  shipTo")
    ship_to = OLD[start : OLD.index('address.")\n') + len('address.")\n')]
    assert changed(ship_to, "", BEFORE) == ["Field Order.shipTo was removed."]
    assert changed(ship_to, "", AFTER) == []
    start = OLD.index("  invoices")
    invoices = OLD[start : OLD.index('orders.")\n') + len('orders.")\n')]
    assert changed(invoices, "", BEFORE) == ["Field Query.invoices was removed."]
    assert changed(invoices, "", AFTER) == []

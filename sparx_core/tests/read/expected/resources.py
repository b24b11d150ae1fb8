"""The resources of the shop as rows of a tenant show them, in plain Python: SQL has no say here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api

from ..world import Rows, Values, one
from .wire import document, localized, moment, money, text_id, trimmed, unit_price

#: A field: its value on the wire for a row of a tenant, in the languages asked for.
Shown = Callable[["Tenant", Values, Sequence[str]], Any]


@dataclass(frozen=True)
class Link:
    """A relation: the kind of the rows it leads to, and those of one row, in order."""

    kind: str
    many: bool
    rows: Callable[[Tenant, Values], list[Values]]
    default: bool = False


@dataclass(frozen=True)
class Tenant:
    """The rows of a tenant with certain modules active."""

    rows: Rows
    perks: bool = True

    @cached_property
    def by_kind(self) -> dict[str, list[Values]]:
        return {
            kind: getattr(self.rows, kind)
            for kind in ("categories", "products", "parts", "reviews", "safes", "perks")
        }

    def find(self, kind: str, row_id: UUID | None) -> Values | None:
        return one(self.by_kind[kind], row_id)

    def referring(self, kind: str, by: str, row: Values) -> list[Values]:
        return [found for found in self.by_kind[kind] if found[by] == row["id"]]


class Side:
    """A tenant with its client, and its rows as they were inserted."""

    def __init__(self, api: Api, tenant: Tenant, made: NewTenant) -> None:
        self.api, self.tenant, self.made = api, tenant, made

    def __repr__(self) -> str:
        return self.made.slug


def newest(rows: Sequence[Values]) -> list[Values]:
    return sorted(rows, key=lambda row: row["id"], reverse=True)


def sorted_by(rows: Sequence[Values], name: str, descending: bool) -> list[Values]:
    """By a column, nulls before all else; equal ones by id, in the same direction."""
    return sorted(
        rows,
        key=lambda row: (
            row[name] is not None,
            row[name] if row[name] is not None else 0,
            row["id"],
        ),
        reverse=descending,
    )


def _to(kind: str, by: str) -> Link:
    return Link(
        kind, False, lambda tenant, row: [r for r in [tenant.find(kind, row[by])] if r is not None]
    )


def _same(name: str) -> Shown:
    return lambda tenant, row, locales: row[name]


def _id(name: str) -> Shown:
    return lambda tenant, row, locales: text_id(row[name])


def _time(name: str) -> Shown:
    return lambda tenant, row, locales: moment(row[name])


def _money(name: str) -> Shown:
    return lambda tenant, row, locales: money(row[name], row["currency"])


def _localized(name: str) -> Shown:
    return lambda tenant, row, locales: localized(row[name], locales)


def _profit(tenant: Tenant, row: Values, locales: Sequence[str]) -> Any:
    return money(row["price"] - (row["cost"] or 0), row["currency"])


def _part_price(tenant: Tenant, row: Values, locales: Sequence[str]) -> Any:
    product = tenant.find("products", row["product"])
    assert product is not None
    return money(row["price"], product["currency"])


def _points(tenant: Tenant, row: Values, locales: Sequence[str]) -> int:
    return sum(perk["points"] for perk in tenant.referring("perks", "product", row))


def _version(tenant: Tenant, row: Values, locales: Sequence[str]) -> int:
    return int(row.get("version", 1))


#: The fields and relations of each kind in the order in which they are shown.
FIELDS: dict[str, dict[str, Shown | Link]] = {
    "categories": {
        "id": _id("id"),
        "version": _version,
        "name": _same("name"),
        "label": _localized("label"),
        "parentId": _id("parent"),
        "parent": _to("categories", "parent"),
        "children": Link(
            "categories",
            True,
            lambda t, row: sorted_by(t.referring("categories", "parent", row), "name", False)[:2],
        ),
        "products": Link(
            "products",
            True,
            lambda t, row: sorted_by(t.referring("products", "category", row), "price", True)[:3],
        ),
        "createdAt": _time("created_at"),
        "shout": lambda t, row, locales: shout(row["name"]),
    },
    "products": {
        "id": _id("id"),
        "version": _version,
        "number": lambda t, row, locales: str(row["number"]),
        "name": _same("name"),
        "subtitle": _same("subtitle"),
        "code": _same("code"),
        "kind": _same("kind"),
        "grade": _same("grade"),
        "active": _same("active"),
        "featured": _same("featured"),
        "stock": _same("stock"),
        "position": _same("position"),
        "views": _same("views"),
        "currency": _same("currency"),
        "price": _money("price"),
        "cost": _money("cost"),
        "unitPrice": lambda t, row, locales: unit_price(row["unit_price"], row["currency"]),
        "weight": lambda t, row, locales: trimmed(row["weight"]),
        "releasedAt": _time("released_at"),
        "categoryId": _id("category"),
        "category": _to("categories", "category"),
        "substituteId": _id("substitute"),
        "substitute": _to("products", "substitute"),
        "parts": Link(
            "parts",
            True,
            lambda t, row: sorted_by(t.referring("parts", "product", row), "place", False),
            default=True,
        ),
        "photos": _same("photos"),
        "attributes": lambda t, row, locales: document(row["attributes"]),
        "tags": _same("tags"),
        "title": _localized("title"),
        "profit": _profit,
        "weekday": lambda t, row, locales: row["stock"] % 7,
        "reviewCount": lambda t, row, locales: len(t.referring("reviews", "product", row)),
        "reviews": Link(
            "reviews",
            True,
            lambda t, row: sorted_by(t.referring("reviews", "product", row), "stars", True)[:2],
        ),
        "createdAt": _time("created_at"),
        "perkPoints": _points,
        "perks": Link(
            "perks", True, lambda t, row: newest(t.referring("perks", "product", row))[:5]
        ),
    },
    "parts": {
        "sku": _same("sku"),
        "quantity": _same("quantity"),
        "price": _part_price,
        "originId": _id("origin"),
        "origin": _to("categories", "origin"),
    },
    "reviews": {
        "id": _id("id"),
        "version": _version,
        "productId": _id("product"),
        "product": _to("products", "product"),
        "author": _same("author"),
        "stars": _same("stars"),
        "createdAt": _time("created_at"),
    },
    "safes": {"id": _id("id"), "version": _version, "code": _same("code")},
    "perks": {
        "id": _id("id"),
        "version": _version,
        "productId": _id("product"),
        "product": _to("products", "product"),
        "safeId": _id("safe"),
        "safe": _to("safes", "safe"),
        "name": _same("name"),
        "points": _same("points"),
    },
}
#: What the perks bring.
ADDED = {("products", "perkPoints"), ("products", "perks"), ("categories", "shout")}


def shout(name: str) -> str:
    """upper() under the collation "C": letters of ASCII alone."""
    return "".join(one.upper() if one.isascii() else one for one in name)


def names_of(kind: str, tenant: Tenant) -> list[str]:
    return [name for name in FIELDS[kind] if tenant.perks or (kind, name) not in ADDED]

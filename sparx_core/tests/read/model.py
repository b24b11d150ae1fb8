"""What a read answers, computed in plain Python from the rows as they were inserted.

Written from the contract of the API, not from its code: SQL has no say here.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from sparx_core.money import currency_digits

from .world import Rows, Values, one

#: A field: wire name to the value on the wire, for a row of a tenant and the languages asked for.
Shown = Callable[["Tenant", Values, Sequence[str]], Any]


class Number(str):
    """A number as it is written."""


def parse(text: str) -> Any:
    """JSON in which numbers that are not whole keep their digits."""
    return json.loads(text, parse_float=Number)


def exact(value: Any) -> str:
    """JSON of a value from :func:`parse` or of an expectation: equal texts, equal answers."""
    return json.dumps(value, ensure_ascii=False, default=str)


def plain(number: Decimal | None) -> Any:
    """A number as PostgreSQL writes it."""
    if number is None:
        return None
    text = f"{number:f}"
    return Number(text) if "." in text else int(text)


def money(number: Decimal | None, currency: str) -> Any:
    if number is None:
        return None
    return plain(number.quantize(Decimal(1).scaleb(-currency_digits()[currency])))


def unit_price(number: Decimal | None, currency: str) -> Any:
    """At least the digits of the currency, more if there are any."""
    if number is None:
        return None
    digits = currency_digits()[currency]
    written = f"{number:.8f}"
    while written.endswith("0") and len(written.partition(".")[2]) > digits:
        written = written[:-1]
    return plain(Decimal(written.removesuffix(".")))


def trimmed(number: Decimal | None) -> Any:
    """Without zeros at the end."""
    if number is None:
        return None
    text = f"{number:f}"
    return plain(Decimal(text.rstrip("0").rstrip(".") if "." in text else text))


def moment(time: datetime | None) -> str | None:
    """To the second, whatever comes after it."""
    return None if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def localized(texts: Mapping[str, str] | None, locales: Sequence[str]) -> Any:
    if texts is None or not locales:
        return texts
    return next((texts[one] for one in locales if one in texts), None)


def document(value: Any) -> Any:
    """A JSON value, its numbers as they were written."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: document(nested) for name, nested in value.items()}
    return [document(nested) for nested in value] if isinstance(value, list) else value


def text_id(value: UUID | None) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True)
class Link:
    """A relation: the kind of the rows it leads to, and those of one row, in order."""

    kind: str
    many: bool
    rows: Callable[[Tenant, Values], Any]
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
    return Link(kind, False, lambda tenant, row: tenant.find(kind, row[by]))


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


#: The fields and relations of each kind in the order in which they are shown.
FIELDS: dict[str, dict[str, Shown | Link]] = {
    "categories": {
        "id": _id("id"),
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
        "version": _same("version"),
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
        "productId": _id("product"),
        "product": _to("products", "product"),
        "author": _same("author"),
        "stars": _same("stars"),
        "createdAt": _time("created_at"),
    },
    "safes": {"id": _id("id"), "code": _same("code")},
    "perks": {
        "id": _id("id"),
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


# -- selections ------------------------------------------------------------------------------------

#: What is shown of a row: each field, and each relation with what is shown of its rows.
Tree = dict[str, Any]


def unasked(kind: str, tenant: Tenant) -> Tree:
    """All that is shown of a row without a word."""
    tree: Tree = {}
    for name in names_of(kind, tenant):
        found = FIELDS[kind][name]
        if not isinstance(found, Link):
            tree[name] = None
        elif found.default:
            tree[name] = unasked(found.kind, tenant)
    return tree


def chosen(kind: str, tenant: Tenant, fields: Sequence[str] | None, include: Sequence[str]) -> Tree:
    """What ``fields`` and ``include`` ask for."""
    tree = unasked(kind, tenant) if fields is None else {}
    narrowed: set[tuple[str, ...]] = set()
    for path in sorted(fields or (), key=lambda path: "*" not in path):
        _add(tree, kind, tenant, path.split("."), (), narrowed)
    for path in include:
        _include(tree, kind, tenant, path.split("."))
    return tree


def _add(
    tree: Tree,
    kind: str,
    tenant: Tenant,
    path: list[str],
    before: tuple[str, ...],
    narrowed: set[tuple[str, ...]],
) -> None:
    head, *rest = path
    if head == "*":
        for name, nested in unasked(kind, tenant).items():
            tree[name] = _merged(tree.get(name), nested)
        return
    found = FIELDS[kind][head]
    if not isinstance(found, Link):
        tree[head] = None
    elif rest:
        _add(tree.setdefault(head, {}), found.kind, tenant, rest, (*before, head), narrowed)
    else:
        tree[head] = _merged(tree.get(head), unasked(found.kind, tenant))


def _include(tree: Tree, kind: str, tenant: Tenant, path: list[str]) -> None:
    head, *rest = path
    found = FIELDS[kind][head]
    assert isinstance(found, Link)
    tree[head] = _merged(tree.get(head), unasked(found.kind, tenant))
    if rest:
        _include(tree[head], found.kind, tenant, rest)


def _merged(one: Tree | None, other: Tree | None) -> Tree | None:
    if one is None or other is None:
        return one or other
    return {name: _merged(one.get(name), other.get(name)) for name in {**one, **other}}


def rendered(
    kind: str, tenant: Tenant, row: Values, tree: Tree, locales: Sequence[str] = ()
) -> Values:
    """A row on the wire."""
    answer: Values = {}
    for name in names_of(kind, tenant):
        if name not in tree:
            continue
        found = FIELDS[kind][name]
        if not isinstance(found, Link):
            answer[name] = found(tenant, row, locales)
            continue
        related = found.rows(tenant, row)
        if found.many:
            answer[name] = [rendered(found.kind, tenant, r, tree[name], locales) for r in related]
        elif related is None:
            answer[name] = None
        else:
            answer[name] = rendered(found.kind, tenant, related, tree[name], locales)
    return answer


# -- searches --------------------------------------------------------------------------------------


def comparable(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def documents(kind: str, tenant: Tenant, row: Values) -> list[list[str]]:
    """The texts in which the words of q have to be found: in those of one list, all of them."""
    found = [[text for text in SEARCHED[kind](row) if text is not None]]
    if kind == "products" and row["category"] is not None:
        found += documents("categories", tenant, tenant.find("categories", row["category"]) or {})
    if kind == "perks" and row["safe"] is not None:
        found += documents("safes", tenant, tenant.find("safes", row["safe"]) or {})
    return found


SEARCHED: dict[str, Callable[[Values], list[str | None]]] = {
    "products": lambda row: [
        row["name"],
        row["subtitle"],
        row["code"],
        str(row["number"]),
        *row["tags"],
    ],
    "categories": lambda row: [row["name"]],
    "reviews": lambda row: [row["author"]],
    "safes": lambda row: [row["code"]],
    "perks": lambda row: [row["name"]],
}


def is_found(kind: str, tenant: Tenant, row: Values, words: Sequence[str]) -> bool:
    return any(
        all(any(comparable(word) in comparable(text) for text in texts) for word in words)
        for texts in documents(kind, tenant, row)
    )

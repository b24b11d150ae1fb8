"""Which rows a list has, and in which order: filters, searches and sorts in plain Python."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..world import Values
from .resources import Tenant, sorted_by

EQUALITY, ORDER = ("eq", "ne", "in", "nin"), ("lt", "lte", "gt", "gte")
OPERATORS = {
    "text": (*EQUALITY, "startsWith"),
    "word": EQUALITY,
    "id": EQUALITY,
    "flag": ("eq", "ne"),
    "number": (*EQUALITY, *ORDER),
    "time": ("eq", "ne", *ORDER),
    "texts": ("contains",),
}


@dataclass(frozen=True)
class Filtered:
    """A field that a list can be narrowed by: the column it shows, of which kind it is."""

    column: str
    kind: str
    nullable: bool = False
    searched: bool = False

    @property
    def operators(self) -> tuple[str, ...]:
        found = OPERATORS[self.kind]
        if self.searched and self.kind == "text":
            found += ("contains",)
        return (*found, "exists") if self.nullable else found


FILTERS: dict[str, dict[str, Filtered]] = {
    "categories": {
        "name": Filtered("name", "text", searched=True),
        "parentId": Filtered("parent", "id", nullable=True),
        "createdAt": Filtered("created_at", "time"),
    },
    "products": {
        "number": Filtered("number", "number"),
        "name": Filtered("name", "text", searched=True),
        "subtitle": Filtered("subtitle", "text", nullable=True, searched=True),
        "code": Filtered("code", "text", nullable=True, searched=True),
        "kind": Filtered("kind", "word"),
        "grade": Filtered("grade", "word", nullable=True),
        "active": Filtered("active", "flag"),
        "featured": Filtered("featured", "flag", nullable=True),
        "stock": Filtered("stock", "number"),
        "position": Filtered("position", "number", nullable=True),
        "views": Filtered("views", "number", nullable=True),
        "currency": Filtered("currency", "text"),
        "price": Filtered("price", "number"),
        "cost": Filtered("cost", "number", nullable=True),
        "unitPrice": Filtered("unit_price", "number", nullable=True),
        "releasedAt": Filtered("released_at", "time", nullable=True),
        "createdAt": Filtered("created_at", "time"),
        "categoryId": Filtered("category", "id", nullable=True),
        "substituteId": Filtered("substitute", "id", nullable=True),
        "tags": Filtered("tags", "texts"),
    },
    "reviews": {
        "productId": Filtered("product", "id"),
        "stars": Filtered("stars", "number"),
        "author": Filtered("author", "text", searched=True),
    },
    "perks": {
        "productId": Filtered("product", "id"),
        "safeId": Filtered("safe", "id", nullable=True),
        "name": Filtered("name", "text", searched=True),
        "points": Filtered("points", "number"),
    },
}
#: What lists can be sorted by: the column of each.
SORTS: dict[str, dict[str, str]] = {
    "categories": {"name": "name", "createdAt": "created_at", "parentId": "parent"},
    "products": {
        name: found.column
        for name, found in FILTERS["products"].items()
        if name not in ("featured", "currency", "substituteId", "tags")
    },
    "reviews": {"stars": "stars", "author": "author"},
    "perks": {"name": "name", "points": "points"},
}


@dataclass(frozen=True)
class Asked:
    """A condition: the operator, and what it compares with (a list of it for in and nin)."""

    name: str
    operator: str
    value: Any

    def holds(self, kind: str, row: Values) -> bool:
        found = FILTERS[kind][self.name]
        value = row[found.column]
        if isinstance(value, datetime):
            value = value.replace(microsecond=0)
        return _HOLDS[self.operator](value, self.value)


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, asked: value is not None and value == asked,
    "ne": lambda value, asked: value is None or value != asked,
    "in": lambda value, asked: value is not None and value in asked,
    "nin": lambda value, asked: value is None or value not in asked,
    "lt": lambda value, asked: value is not None and value < asked,
    "lte": lambda value, asked: value is not None and value <= asked,
    "gt": lambda value, asked: value is not None and value > asked,
    "gte": lambda value, asked: value is not None and value >= asked,
    "startsWith": lambda value, asked: value is not None and value.startswith(asked),
    "exists": lambda value, asked: (value is not None) == asked,
    "contains": lambda value, asked: (
        asked in value
        if isinstance(value, list)
        else value is not None and comparable(asked) in comparable(value)
    ),
}


def listed(
    kind: str,
    tenant: Tenant,
    asked: Sequence[Asked],
    words: Sequence[str] = (),
    sort: str | None = None,
) -> list[Values]:
    """All rows of a list in its order: newest first unless it is sorted."""
    rows = [
        row
        for row in tenant.by_kind[kind]
        if all(one.holds(kind, row) for one in asked) and is_found(kind, tenant, row, words)
    ]
    if sort is None:
        return sorted(rows, key=lambda row: row["id"], reverse=True)
    return sorted_by(rows, SORTS[kind][sort.removeprefix("-")], sort.startswith("-"))


# -- searches --------------------------------------------------------------------------------------


def comparable(text: str) -> str:
    """A text as searches compare it."""
    return unicodedata.normalize("NFKC", text).lower()


_DIGITS = re.compile("[0-9]{1,18}")
#: What each kind is searched by, and the row of another kind that is searched with it.
SEARCHED: dict[str, Callable[[Values], list[str | None]]] = {
    "products": lambda row: [
        row["name"],
        row["subtitle"],
        row["code"],
        *row["tags"],
    ],
    "categories": lambda row: [row["name"]],
    "reviews": lambda row: [row["author"]],
    "safes": lambda row: [row["code"]],
    "perks": lambda row: [row["name"]],
}
SEARCHED_WITH = {"products": ("category", "categories"), "perks": ("safe", "safes")}


def is_found(kind: str, tenant: Tenant, row: Values, words: Sequence[str]) -> bool:
    """Whether every word occurs in the row's own texts, or every one in those of its relation."""
    if _has(SEARCHED[kind](row), words):
        return True
    # A number is found by all of its digits, alone.
    if len(words) == 1 and _DIGITS.fullmatch(words[0]) and row.get("number") == int(words[0]):
        return True
    column, related = SEARCHED_WITH.get(kind, (None, ""))
    other = tenant.find(related, row[column]) if column else None
    return other is not None and _has(SEARCHED[related](other), words)


def _has(texts: Sequence[str | None], words: Sequence[str]) -> bool:
    known = [comparable(text) for text in texts if text is not None]
    return all(any(comparable(word) in text for text in known) for word in words)

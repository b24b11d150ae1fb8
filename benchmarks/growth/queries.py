"""The queries whose time is compared as the tenant grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from benchmarks.growth.plan import GrowthPlan
from benchmarks.growth.rows import Grown
from benchmarks.installation import execute
from sparx_core.read.listing import Listing
from sparx_core.read.ordering import Cursor

ORDERS = "/v1/crm/orders"
#: Rows of the ranges that do not grow with the tenant.
_FEW, _RECENT = 100, 500
_TENANT = "(SELECT id FROM core.tenants WHERE slug = 'tenant-0000')"
_ONE = f"SELECT number, id FROM crm.orders WHERE tenant_id = {_TENANT} AND number = %s"
_AT = (
    f"SELECT id, number, total, created_at FROM crm.orders WHERE tenant_id = {_TENANT}"
    " ORDER BY {order} OFFSET %s LIMIT 1"
)
_BUYERS = f"SELECT id, name FROM crm.customers WHERE tenant_id = {_TENANT} ORDER BY id LIMIT 2"


@dataclass(frozen=True)
class Facts:
    """What the queries need to know of the tenant at one size."""

    order: str
    number: int
    #: One who orders no more, and one who goes on: (id, name).
    former: tuple[str, str]
    regular: tuple[str, str]
    #: Ranges of totals, in units of the currency: (from, up to).
    few: tuple[str, str]
    tenth: tuple[str, str]
    since: str
    #: Of the last row before a page far into the list, by order.
    cursors: dict[str, str]


@dataclass(frozen=True)
class Query:
    """One request. ``counted``: its total comes from kept counts."""

    title: str
    path: Callable[[Facts], str]
    counted: bool = True


def _list(title: str, query: str, *, counted: bool = True) -> Query:
    return Query(title, lambda facts: f"{ORDERS}?{_filled(query, facts)}", counted)


def _filled(query: str, facts: Facts) -> str:
    return query.format(
        number=facts.number,
        former=quote(facts.former[1]),
        regular=quote(facts.regular[1]),
        regular_id=facts.regular[0],
        few="total[gte]={}&total[lt]={}".format(*facts.few),
        tenth="total[gte]={}&total[lt]={}".format(*facts.tenth),
        since=facts.since,
        **{f"deep_{name}": text for name, text in facts.cursors.items()},
    )


QUERIES = [
    Query("get by id", lambda facts: f"{ORDERS}/{facts.order}", counted=False),
    _list("first page", ""),
    _list("first page, oldest first", "sort=createdAt"),
    _list("deep page", "cursor={deep_newest}"),
    _list("deep page, oldest first", "sort=createdAt&cursor={deep_oldest}"),
    _list("first page, include=customer", "include=customer"),
    _list("sort=total", "sort=total"),
    _list("sort=-total", "sort=-total"),
    _list("sort=total, deep page", "sort=total&cursor={deep_cheapest}"),
    _list("sort=-total, deep page", "sort=-total&cursor={deep_dearest}"),
    _list("status=placed", "status=placed"),
    _list("status=placed, oldest first", "status=placed&sort=createdAt"),
    _list("status=placed, sort=-total", "status=placed&sort=-total"),
    _list("status=cancelled (1 in 17)", "status=cancelled"),
    _list("status[in]=placed,fulfilled", "status[in]=placed,fulfilled"),
    _list("q: one order number", "q={number}", counted=False),
    _list("orderNumber: one", "orderNumber={number}", counted=False),
    _list("q: customer with 62 orders", "q={former}", counted=False),
    _list("total: range of 100", "{few}", counted=False),
    _list("total: range of 100, sort=total", "{few}&sort=total", counted=False),
    _list("createdAt: the last 500", "createdAt[gte]={since}", counted=False),
    _list("q: customer with more and more", "q={regular}", counted=False),
    _list("customerId: more and more", "customerId={regular_id}", counted=False),
    _list("total: range of a tenth", "{tenth}", counted=False),
    _list("total: tenth, sort=-total", "{tenth}&sort=-total", counted=False),
    _list("q: two letters", "q=zo", counted=False),
]


def facts_of(grown: Grown, listing: Listing, plan: GrowthPlan) -> Facts:
    """Looked up as the administrator."""
    url, orders = grown.urls.owner, grown.size.orders
    ((number, order),) = execute(url, _ONE, (1000 + orders * 72_451 // 100_000,))
    former, regular = ((str(row), str(name)) for row, name in execute(url, _BUYERS))
    deep = min(plan.deep, orders - 50) - 1
    few, tenth = (orders - _FEW) // 2, orders // 2
    return Facts(
        str(order),
        number,
        former,
        regular,
        (_total(url, few), _total(url, few + _FEW)),
        (_total(url, tenth), _total(url, tenth + orders // 10)),
        _at(url, "id DESC", min(_RECENT, orders) - 1)[3].strftime("%Y-%m-%dT%H:%M:%SZ"),
        {
            name: _cursor(listing, sort, _at(url, by, deep))
            for name, sort, by in (
                ("newest", None, "id DESC"),
                ("oldest", "createdAt", "created_at, id"),
                ("cheapest", "total", "total, id"),
                ("dearest", "-total", "total DESC, id DESC"),
            )
        },
    )


def _at(url: str, by: str, place: int) -> tuple[Any, ...]:
    (found,) = execute(url, _AT.format(order=by), (place,))
    return found


def _total(url: str, place: int) -> str:
    """The total of the order at a place among all, from the smallest on."""
    return f"{_at(url, 'total, id', place)[2] / 10_000:.2f}"


def _cursor(listing: Listing, sort: str | None, row: tuple[Any, ...]) -> str:
    row_id, _, total, created_at = row
    value = {None: None, "createdAt": created_at.isoformat()}.get(sort, total)
    return Cursor(UUID(str(row_id)), value).encode(listing.ordering(sort))

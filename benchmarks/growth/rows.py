"""The rows: one tenant that grows, beside many that stay small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks.growth.plan import GrowthPlan, Size
from benchmarks.installation import Installation, Say, execute
from benchmarks.measure import BenchmarkError
from sparx_core.db.dsn import built, parsed
from sparx_core.db.urls import DatabaseUrls

_BATCH = 50_000
# fmt: off
FIRST_NAMES = [
    "Ada", "Alan", "Amir", "Anna", "Aisha", "Boris", "Carla", "Chen", "Daniel", "Dora", "Elena",
    "Emil", "Farah", "Felix", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jonas", "Julia", "Karim",
    "Klara", "Leo", "Lina", "Marco", "Maria", "Mila", "Nadia", "Noah", "Olga", "Omar", "Paul",
    "Petra", "Quinn", "Rosa", "Samir", "Sofia", "Tara", "Tomas", "Uma", "Viktor", "Wanda", "Yusuf",
    "Zoe",
]
LAST_NAMES = [
    "Abbott", "Andersen", "Baptiste", "Bauer", "Castillo", "Chowdhury", "Dubois", "Duncan",
    "Eriksen", "Farouk", "Fischer", "Garcia", "Gupta", "Haddad", "Hansen", "Iversen", "Jansen",
    "Johansson", "Kaplan", "Kowalski", "Larsen", "Lindqvist", "Maier", "Mendoza", "Nakamura",
    "Novak", "Okafor", "Oliveira", "Pereira", "Petrov", "Quintana", "Ramirez", "Rossi", "Sato",
    "Schneider", "Silva", "Tanaka", "Torres", "Ueda", "Vasquez", "Virtanen", "Weber", "Wong",
    "Yilmaz", "Zimmermann",
]
# fmt: on

# Distinct names: every first one with every last one.
_CUSTOMERS = """
INSERT INTO crm.customers (tenant_id, id, name, email, company, type, currency)
SELECT t.id, uuidv7(), p.name, lower(replace(p.name, ' ', '.')) || '@example.com',
       CASE WHEN n %% 3 = 0 THEN split_part(p.name, ' ', 2) || ' Industries' END,
       CASE n %% 5 WHEN 0 THEN 'b2b' WHEN 1 THEN 'prospect' ELSE 'retail' END, 'USD'
  FROM core.tenants t, generate_series(%(after)s, %(upto)s - 1) n
 CROSS JOIN LATERAL (SELECT (%(first)s)[1 + n %% 45] || ' ' || (%(last)s)[1 + n / 45] AS name) p
 WHERE (t.slug = 'tenant-0000') = %(growing)s
"""
# One a minute. The first customer has one in 16 of the first 1,000 and never orders again; the
# second has as many, and goes on as all others do, at random. Shares of states are mixed; totals
# are spread from 20 to 3,000, most of them small.
_ORDERS = """
INSERT INTO crm.orders (tenant_id, id, customer_id, number, status, payment_status, currency,
                        subtotal, total, created_at, updated_at)
SELECT t.id, uuidv7(make_interval(mins => n - %(most)s)),
       c.ids[CASE WHEN n %% 16 < 2 AND n <= 1000 THEN 1 + n %% 16
                  ELSE 2 + floor(a * (cardinality(c.ids) - 1))::integer END], 1000 + n,
       CASE WHEN b < 0.70 THEN 'delivered' WHEN b < 0.82 THEN 'fulfilled'
            WHEN b < 0.92 THEN 'placed' WHEN b < 0.98 THEN 'cancelled' ELSE 'refunded' END,
       CASE WHEN b >= 0.98 THEN 'refunded' WHEN d < 0.85 THEN 'paid' WHEN d < 0.95 THEN 'unpaid'
            ELSE 'partially_paid' END, 'USD', amount, amount,
       now() + make_interval(mins => n - %(most)s), now()
  FROM (SELECT t.id, n, random() AS a, random() AS b, random() AS d,
               round(exp(3 + 5 * random()) * 100)::bigint * 100 AS amount
          FROM core.tenants t, generate_series(%(after)s + 1, %(upto)s) n
         WHERE (t.slug = 'tenant-0000') = %(growing)s) t
  JOIN (SELECT tenant_id, array_agg(id ORDER BY id) AS ids FROM crm.customers GROUP BY 1) c
    ON c.tenant_id = t.id
 ORDER BY t.id, n
"""
_ITEMS = """
INSERT INTO crm.order_items
       (tenant_id, id, order_id, position, sku, name, quantity, unit_price, total)
SELECT o.tenant_id, uuidv7(), o.id, 0, 'INJ-6.7-CR', '6.7L Common-Rail Injector', 1,
       o.total * 10000, o.total
  FROM crm.orders o JOIN core.tenants t ON t.id = o.tenant_id
 WHERE (t.slug = 'tenant-0000') = %(growing)s
   AND o.number BETWEEN 1000 + %(after)s + 1 AND 1000 + %(upto)s
 ORDER BY o.tenant_id, o.number
"""
_COUNTERS = """
INSERT INTO core.counters (tenant_id, name, value)
SELECT tenant_id, 'crm.orders.number', max(number) FROM crm.orders GROUP BY tenant_id
    ON CONFLICT (tenant_id, name) DO UPDATE SET value = excluded.value
"""
_STATISTICS = """
UPDATE crm.customers c SET order_count = s.orders, total_spent = s.spent,
       first_order_at = s.first_at, last_order_at = s.last_at
  FROM (SELECT tenant_id, customer_id, count(*) AS orders, sum(total) AS spent,
               min(created_at) AS first_at, max(created_at) AS last_at
          FROM crm.orders GROUP BY 1, 2) s
 WHERE s.tenant_id = c.tenant_id AND s.customer_id = c.id
"""
# Nothing but what the triggers counted: a difference would make every total wrong.
_MISCOUNTED = """
SELECT count(*)
  FROM (SELECT tenant_id, status, payment_status, count(*) AS rows
          FROM crm.orders GROUP BY 1, 2, 3) o
  FULL JOIN (SELECT tenant_id, cell ->> 'status' AS status, sum(row_count) AS rows,
                    cell ->> 'payment_status' AS payment_status
               FROM core.row_counts WHERE table_name = 'crm.orders' GROUP BY 1, 2, 4) r
 USING (tenant_id, status, payment_status)
 WHERE o.rows IS DISTINCT FROM r.rows
"""


@dataclass(frozen=True)
class Grown:
    """The tenant at one size, in a database of its own."""

    size: Size
    urls: DatabaseUrls


def grow(installation: Installation, plan: GrowthPlan, say: Say) -> Iterator[Grown]:
    """The tenant at each size: a copy of the database before it grows on.

    So the sizes can be measured in turn, and whatever the machine does meets all of them.
    """
    _add(installation, plan, Size(0, 0), plan.neighbour, growing=False)
    for before, size in pairwise((Size(0, 0), *plan.sizes)):
        say(f"Growing to {size.orders:,} orders")
        _add(installation, plan, before, size, growing=True)
        installation.execute(_COUNTERS)
        installation.execute(_STATISTICS)
        if installation.execute(_MISCOUNTED) != [(0,)]:
            raise BenchmarkError("the triggers have not counted what was inserted")
        installation.settle()
        last = size == plan.sizes[-1]
        urls = installation.urls if last else _copied(installation, f"orders_{size.orders}")
        yield Grown(size, urls)


def _add(
    installation: Installation, plan: GrowthPlan, before: Size, size: Size, *, growing: bool
) -> None:
    names: dict[str, Any] = {"first": FIRST_NAMES, "last": LAST_NAMES, "growing": growing}
    customers = {"after": before.customers, "upto": size.customers}
    installation.execute(_CUSTOMERS, {**names, **customers})
    for after in range(before.orders, size.orders, _BATCH):
        batch = {"after": after, "upto": min(after + _BATCH, size.orders), "growing": growing}
        installation.execute(_ORDERS, {**batch, "most": plan.sizes[-1].orders})
        installation.execute(_ITEMS, batch)


def _copied(installation: Installation, name: str) -> DatabaseUrls:
    """The URLs of a copy of the database as it is now."""
    urls = installation.urls
    source = parsed(urls.owner)["dbname"]
    # A database that somebody is connected to cannot be copied.
    execute(
        _renamed(urls.owner, "postgres"),
        f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy',
    )
    return DatabaseUrls(*(_renamed(url, name) for url in (urls.app, urls.owner, urls.dispatch)))


def _renamed(url: str, database: str) -> str:
    return built({**parsed(url), "dbname": database})

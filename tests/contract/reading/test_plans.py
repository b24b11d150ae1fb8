"""No list of the CRM reads a whole table, whatever it is asked, of a tenant with very many rows."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sparx_core import Resource
from sparx_core.runtime import Runtime
from sparx_core.testing import DatabaseServer, Owner, TenantMaker, open_installation
from sparx_crm.operations.customers import customers
from sparx_crm.operations.orders import orders

from .plans import Reader, questions

CUSTOMERS, ORDERS = "/v1/crm/customers", "/v1/crm/orders"
#: Rows of the large tenant; as many as wanted, such as 300,000, with the variable.
ROWS = int(os.environ.get("SPARX_TEST_ROWS", "12000"))
FILL = (
    """
INSERT INTO crm.customers
       (tenant_id, id, name, email, phone, company, type, tags, currency, created_at)
SELECT %(tenant)s, uuidv7(make_interval(secs => n - %(rows)s)), 'Customer' || n,
       CASE WHEN n %% 2 = 0 THEN 'c' || n || '@example.com' END,
       CASE WHEN n %% 5 = 0 THEN '+1415' || lpad(n::text, 7, '5') END,
       CASE WHEN n %% 9 = 0 THEN 'Firm' || n END,
       CASE WHEN n %% 1000 = 0 THEN 'b2b' WHEN n %% 2 = 0 THEN 'retail' ELSE 'prospect' END,
       CASE WHEN n %% 3 = 0 THEN ARRAY['t' || n %% 500] ELSE '{}' END, 'USD',
       now() - make_interval(secs => %(rows)s - n)
  FROM generate_series(1, %(rows)s) n
""",
    """
INSERT INTO crm.orders
       (tenant_id, id, customer_id, number, status, payment_status, currency, subtotal, total,
        created_at)
SELECT %(tenant)s, uuidv7(make_interval(secs => n - %(rows)s)), c.ids[1 + n * 7 %% 1000], n,
       CASE WHEN n %% 1000 = 0 THEN 'refunded' WHEN n %% 2 = 0 THEN 'placed' ELSE 'delivered' END,
       CASE WHEN n %% 10 = 0 THEN 'unpaid' ELSE 'paid' END, 'USD', n * 10000::bigint,
       n * 10000::bigint, now() - make_interval(secs => %(rows)s - n)
  FROM generate_series(1, %(rows)s) n,
       (SELECT array_agg(id ORDER BY id) AS ids FROM crm.customers
         WHERE tenant_id = %(tenant)s) c
""",
)
INDEXES = """
SELECT schemaname || '.' || indexname, indexdef FROM pg_indexes
 WHERE schemaname = 'crm' AND tablename IN ('customers', 'orders') AND indexname NOT LIKE '%_pkey'
"""
TABLES = ("crm.customers", "crm.orders")


@pytest.fixture(scope="module")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    """One of its own: so many rows would be in everybody's way."""
    with open_installation(database_server) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def reader(installation: Runtime) -> Iterator[Reader]:
    """A client of the large tenant, which owns two thirds of the rows."""
    owner = Owner(installation.urls.require_owner())
    make = TenantMaker(installation, ["crm"])
    tenants = [(make("other"), ROWS // 4), (make("large"), ROWS), (make("more"), ROWS // 4)]
    indexes = owner.rows(INDEXES)
    # The indexes are made afterwards: it takes a third of the time.
    for name, _ in indexes:
        owner.execute(f"DROP INDEX {name}")
    with owner.connection.cursor() as cursor:
        for tenant, rows in tenants:
            for statement in FILL:
                cursor.execute(statement, {"tenant": tenant.tenant_id, "rows": rows})
    for _, definition in indexes:
        owner.execute(definition)
    for table in TABLES:
        owner.execute(f"VACUUM ANALYZE {table}")
    owner.execute("ANALYZE")
    found = Reader(installation, tenants[1][0].api_key)
    yield found
    found.close()
    owner.close()


@pytest.mark.parametrize("resource", [customers, orders], ids=lambda one: str(one.name))
def test_no_list_reads_the_whole_table(reader: Reader, resource: Resource) -> None:
    assert reader.api.get(resource.path).meta["total"] == ROWS
    offenders = [
        query
        for query in questions(reader.api, resource.path, resource.listing)
        if reader.offends(resource.path, query, *TABLES)
    ]
    assert offenders == [], "\n".join(offenders)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (CUSTOMERS, "q=customer777"),
        (CUSTOMERS, "q=c4242%40example"),
        (CUSTOMERS, "q=firm9"),
        (CUSTOMERS, "q=5555"),
        (CUSTOMERS, "name[contains]=r4711"),
        (CUSTOMERS, "email[contains]=example.com"),
        (CUSTOMERS, "tags[contains]=t333"),
        (ORDERS, "q=4242"),
        (ORDERS, "q=customer777"),
        (ORDERS, "q=example"),
    ],
)
def test_no_search_reads_the_whole_table(reader: Reader, path: str, query: str) -> None:
    assert [reader.scans(path, query, table) for table in TABLES] == [0, 0]


def test_included_rows_are_looked_up(reader: Reader) -> None:
    for path, query in (
        (ORDERS, "include=customer"),
        (ORDERS, "include=customer.orders.customer"),
        (CUSTOMERS, "include=orders"),
    ):
        assert not reader.offends(path, query, *TABLES), query


def test_rows_that_are_left_out_are_not_rendered(reader: Reader) -> None:
    assert 0 < reader.loops(ORDERS, "take=2&skip=1000", "crm.order_items") <= 3

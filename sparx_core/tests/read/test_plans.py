"""No list reads a whole table, whatever it is asked, of a tenant with very many rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import version
from uuid import UUID

import pytest

from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import DatabaseServer, Owner, TenantMaker, open_installation

from .plans import Reader, questions
from .queries import PATHS
from .shop import declared

#: Rows of the large tenant; as many as wanted, such as 300,000, with the variable.
ROWS = int(os.environ.get("SPARX_TEST_ROWS", "12000"))
SMALL = 300
# Values of every share: unique ones, some that a hundred rows have, halves, and nulls.
FILL = """
INSERT INTO shop.products
       (tenant_id, id, number, name, subtitle, code, kind, grade, active, featured, stock,
        position, views, currency, price, cost, unit_price, released_at, category_id,
        substitute_id, tags, created_at)
SELECT %(tenant)s, uuidv7(make_interval(secs => n - %(rows)s)), n, 'name' || n,
       CASE WHEN n %% 9 = 0 THEN 'sub' || n %% 1000 END, CASE WHEN n %% 2 = 0 THEN 'c' || n END,
       CASE WHEN n %% 1000 = 0 THEN 'digital' WHEN n %% 2 = 0 THEN 'simple' ELSE 'bundle' END,
       CASE n %% 4 WHEN 0 THEN 'a' WHEN 1 THEN 'b' END, n %% 100 > 0,
       CASE WHEN n %% 5 = 0 THEN n %% 100 > 0 END, n %% 5000, CASE WHEN n %% 2 = 0 THEN n END,
       CASE WHEN n %% 3 > 0 THEN n END, CASE WHEN n %% 3 > 0 THEN 'USD' ELSE 'EUR' END,
       n * 10000::bigint, CASE WHEN n %% 2 = 0 THEN n * 100::bigint END,
       CASE WHEN n %% 7 = 0 THEN n * 100::bigint END,
       CASE WHEN n %% 4 = 0 THEN now() - make_interval(secs => n) END,
       (%(categories)s::uuid[])[1 + n %% 100], CASE WHEN n %% 50 = 0 THEN %(substitute)s::uuid END,
       CASE WHEN n %% 3 = 0 THEN ARRAY['t' || n %% 500] ELSE '{}' END,
       now() - make_interval(secs => %(rows)s - n)
  FROM generate_series(1, %(rows)s) n
"""
FIRST = """
INSERT INTO shop.products (tenant_id, id, number, name, currency, price)
VALUES (%s, uuidv7('-10 years'), 0, 'first', 'USD', 0) RETURNING id
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
 WHERE schemaname = 'shop' AND tablename = 'products' AND indexname NOT LIKE '%_pkey'
"""


@pytest.fixture(scope="module")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    """One of its own: so many rows would be in everybody's way."""
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, *declared.INSTALLED])) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def reader(installation: Runtime) -> Iterator[Reader]:
    """A client of the large tenant."""
    owner = Owner(installation.urls.require_owner())
    make = TenantMaker(installation, ["shop", "vault", "perks"])
    tenants = [(make("small"), SMALL), (make("large"), ROWS), (make("other"), SMALL)]
    fill(owner, [(one.tenant_id, rows) for one, rows in tenants])
    found = Reader(installation, tenants[1][0].api_key)
    yield found
    found.close()
    owner.close()


def fill(owner: Owner, tenants: list[tuple[UUID, int]]) -> None:
    """The indexes are made afterwards: it takes a third of the time."""
    indexes = owner.rows(INDEXES)
    for name, _ in indexes:
        owner.execute(f"DROP INDEX shop.{name}")
    with owner.connection.cursor() as cursor:
        for tenant, rows in tenants:
            cursor.execute(
                "INSERT INTO shop.categories (tenant_id, id, name)"
                " SELECT %s, uuidv7(), 'category' || n FROM generate_series(1, 100) n RETURNING id",
                (tenant,),
            )
            categories = [one for (one,) in cursor.fetchall()]
            cursor.execute(FIRST, (tenant,))
            ((first,),) = cursor.fetchall()
            values = {"tenant": tenant, "rows": rows, "categories": categories}
            cursor.execute(FILL, {**values, "substitute": first})
    owner.execute("SET maintenance_work_mem = '256MB'")
    for _, definition in indexes:
        owner.execute(definition)
    owner.execute("VACUUM ANALYZE shop.products")
    owner.execute("ANALYZE")


def test_no_list_reads_the_whole_table(reader: Reader) -> None:
    listing = declared.products.listing
    asked = list(questions(reader.api, PATHS["products"], listing))
    assert len(asked) > 200
    assert reader.api.get(PATHS["products"]).meta["total"] == ROWS + 1
    offenders = [
        query for query in asked if reader.offends(PATHS["products"], query, "shop.products")
    ]
    assert offenders == [], "\n".join(offenders)


@pytest.mark.parametrize(
    "query",
    [
        "q=name777",
        "q=cat",
        "q=category17",
        "q=c700",
        "q=4242",
        "q=name+5555",
        "name[contains]=e4711",
        "subtitle[contains]=ub7",
        "code[contains]=4242",
        "tags[contains]=t333",
    ],
)
def test_no_search_reads_the_whole_table(reader: Reader, query: str) -> None:
    assert reader.scans(PATHS["products"], query, "shop.products") == 0


def test_included_rows_are_looked_up(reader: Reader) -> None:
    for path, query in (
        (PATHS["products"], "include=category"),
        (PATHS["products"], "include=category.products.category,substitute"),
        (PATHS["categories"], "include=products.category.products"),
    ):
        assert not reader.offends(path, query, "shop.products"), query


def test_rows_that_are_left_out_are_not_rendered(reader: Reader) -> None:
    for sort in ("", "sort=-price&", "sort=subtitle&"):
        query = f"{sort}include=category&take=2&skip=1000"
        for table in ("shop.categories", "shop.parts", "shop.reviews"):
            assert 0 < reader.loops(PATHS["products"], query, table) <= 3, (query, table)

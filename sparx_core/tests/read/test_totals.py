"""The total of a list is the number of its rows, whoever wrote them, and whatever became of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import pytest

from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from .door import enter, entered
from .expected.lists import Asked, listed
from .expected.resources import Side
from .queries import PATHS, written

PRODUCTS, REVIEWS, CATEGORIES = PATHS["products"], PATHS["reviews"], PATHS["categories"]
COUNTED = ("kind", "grade", "active", "featured")
#: Rows by direct SQL, of the tenant that the transaction is in unless one is given.
INSERT = (
    "INSERT INTO shop.products"
    " (id, number, name, currency, price, kind, grade, active, featured{more})"
    " SELECT gen_random_uuid(), %(first)s + n, 'bulk', 'USD', n,"
    " (ARRAY['simple', 'bundle', 'digital'])[1 + n %% 3], (ARRAY['a', 'b', 'c', NULL])[1 + n %% 4],"
    " n %% 2 = 0, (ARRAY[true, false, NULL])[1 + n %% 3]{more} FROM generate_series(1, %(rows)s) n"
)


def total(api: Api, path: str, **params: Any) -> int:
    answer = api.get(path, params={"take": 1, "fields": "id", **params})
    found: int = answer.meta["total"]
    return found


def conditions(name: str, words: tuple[str, ...], *, nullable: bool) -> list[list[Asked]]:
    """No condition on a field, or any of those that it allows."""
    values: list[Any] = list(words) or [True, False]
    found = [[Asked(name, operator, value)] for operator in ("eq", "ne") for value in values]
    if words:
        found += [[Asked(name, operator, values[:2])] for operator in ("in", "nin")]
    if nullable:
        found += [[Asked(name, "exists", wanted)] for wanted in (True, False)]
    return [[], *found]


def test_every_combination_of_counted_filters(world: list[Side]) -> None:
    fields = (
        conditions("kind", ("simple", "bundle", "digital"), nullable=False)[::4],
        conditions("grade", ("a", "b", "c"), nullable=True),
        conditions("active", (), nullable=False)[:2],
        conditions("featured", (), nullable=True),
    )
    for combination in product(*fields):
        asked = [one for some in combination for one in some]
        params = {f"{one.name}[{one.operator}]": written(one.value) for one in asked}
        expected = len(listed("products", world[0].tenant, asked))
        assert total(world[0].api, PRODUCTS, **params) == expected, params


@pytest.mark.parametrize("which", [0, 1])
def test_filters_that_are_not_counted(world: list[Side], which: int) -> None:
    """Beside one that is: the rows themselves are counted then."""
    side = world[which]
    for other in (
        Asked("stock", "gte", 1),
        Asked("subtitle", "exists", False),
        Asked("name", "startsWith", "a"),
    ):
        for counted in ([], [Asked("grade", "ne", "a")], [Asked("featured", "exists", False)]):
            asked = [other, *counted]
            params = {f"{one.name}[{one.operator}]": written(one.value) for one in asked}
            expected = len(listed("products", side.tenant, asked))
            assert total(side.api, PRODUCTS, **params) == expected, params


# -- whatever happens to the rows ------------------------------------------------------------------

Agree = Callable[..., None]


@pytest.fixture
def agree(
    api: Api, other_api: Api, tenant: NewTenant, other_tenant: NewTenant, owner: Owner
) -> Agree:
    """Totals, and those by counted fields, are what the owner counts in the tables."""

    def check(products: int | None = None) -> None:
        for client, tenant_id in ((api, tenant.tenant_id), (other_api, other_tenant.tenant_id)):
            for table, path in (
                ("shop.categories", CATEGORIES),
                ("shop.reviews", REVIEWS),
                ("shop.products", PRODUCTS),
                ("perks.perks", PATHS["perks"]),
            ):
                assert total(client, path) == owner.count(table, tenant_id), table
            _check_cells(client, owner, tenant_id)
        if products is not None:
            assert owner.count("shop.products", tenant.tenant_id) == products

    return check


def _check_cells(client: Api, owner: Owner, tenant_id: UUID) -> None:
    rows = owner.rows(
        f"SELECT {', '.join(COUNTED)}, count(*) FROM shop.products WHERE tenant_id = %s"
        f" GROUP BY {', '.join(COUNTED)}",
        tenant_id,
    )
    for *values, count in rows:
        params = {
            f"{name}[exists]" if value is None else name: written(value is not None and value)
            for name, value in zip(COUNTED, values, strict=True)
        }
        assert total(client, PRODUCTS, **params) == count, params
    for name in COUNTED[1:]:
        counted: dict[Any, int] = {}
        for *values, count in rows:
            value = values[COUNTED.index(name)]
            counted[value] = counted.get(value, 0) + count
        for value, count in counted.items():
            if value is not None:
                assert total(client, PRODUCTS, **{name: written(value)}) == count


def make(api: Api, **more: Any) -> str:
    """A product over the API."""
    body = {"name": "x", "currency": "USD", "price": 1, **more}
    made: str = api.post(PRODUCTS, body).data["id"]
    return made


def test_requests(api: Api, other_api: Api, agree: Agree) -> None:
    rows = [make(api, grade=grade, featured=featured) for grade in ("a", "b", None)
            for featured in (True, None)]  # fmt: skip
    make(other_api, grade="a")
    agree(6)
    for row, grade in zip(rows, ("a", "c", None, None, "b", None), strict=True):
        assert api.patch(f"{PRODUCTS}/{row}", {"grade": grade}).status == 200
    agree(6)
    assert api.patch(f"{PRODUCTS}/{rows[0]}", {"stock": 5, "cost": 1}).status == 200
    agree(6)
    assert api.delete(f"{PRODUCTS}/{rows[0]}").status == 200
    agree(5)
    assert api.post(PRODUCTS, {"name": "x"}).status == 422
    assert (
        api.post(PRODUCTS, {"name": "x", "currency": "USD", "price": 1, "code": "c"}).status == 201
    )
    assert (
        api.post(PRODUCTS, {"name": "x", "currency": "USD", "price": 1, "code": "c"}).status == 409
    )
    agree(6)


def test_cascades(api: Api, other_api: Api, agree: Agree) -> None:
    for client in (api, other_api):
        parent = client.post(CATEGORIES, {"name": "parent"}).data["id"]
        client.post(CATEGORIES, {"name": "child", "parentId": parent})
        first = make(client, categoryId=parent, grade="a")
        second = make(client, substituteId=first, grade="b", categoryId=None)
        make(client, categoryId=parent, featured=False)
        for row in (first, first, second):
            client.post(REVIEWS, {"productId": row, "author": "a", "stars": 1})
            client.post(PATHS["perks"], {"productId": row, "name": "p"})
    agree(3)
    (parent,) = [one["id"] for one in api.get(CATEGORIES, params={"name": "parent"}).data]
    assert api.delete(f"{CATEGORIES}/{parent}").status == 200
    agree(1)
    assert (total(api, REVIEWS), total(api, CATEGORIES), total(api, PATHS["perks"])) == (1, 1, 1)
    assert total(other_api, PRODUCTS) == 3


def test_statements_of_the_owner(
    api: Api, agree: Agree, owner: Owner, tenant: NewTenant, other_tenant: NewTenant
) -> None:
    """Each of many rows, of two tenants at once."""
    both = [tenant.tenant_id, other_tenant.tenant_id]
    insert = INSERT.format(more=", tenant_id").replace(
        "FROM", "FROM unnest(%(tenants)s) AS tenant_id,"
    )
    values = {"first": 0, "rows": 100, "tenants": both}
    with owner.connection.cursor() as cursor:
        cursor.execute(insert, values)
        agree(100)
        for statement in (
            "UPDATE shop.products SET grade = 'a' WHERE number % 5 = 0",
            "UPDATE shop.products SET grade = NULL, kind = 'bundle' WHERE number % 7 = 0",
            "UPDATE shop.products SET grade = grade, stock = 9",
            "UPDATE shop.products SET featured = NOT featured, active = NOT active",
            "INSERT INTO shop.products (tenant_id, id, number, name, currency, price, grade)"
            " SELECT tenant_id, id, number, 'x', 'USD', 1, 'c' FROM shop.products"
            " ON CONFLICT (tenant_id, id) DO UPDATE SET grade = 'b', kind = 'digital'",
            "MERGE INTO shop.products p USING (SELECT tenant_id, id, number FROM shop.products) s"
            " ON p.tenant_id = s.tenant_id AND p.id = s.id"
            " WHEN MATCHED AND s.number % 3 = 0 THEN DELETE"
            " WHEN MATCHED AND s.number % 3 = 1 THEN UPDATE SET grade = 'c'",
            "DELETE FROM shop.products WHERE number % 2 = 0",
        ):
            where = "tenant_id = ANY(%(tenants)s)"
            limited = statement.replace("%", "%%")
            if "WHERE number" in limited:
                limited = limited.replace("WHERE number", f"WHERE {where} AND number")
            elif "FROM shop.products" in limited:
                limited = limited.replace("FROM shop.products", f"FROM shop.products WHERE {where}")
            else:
                limited += f" WHERE {where}"
            cursor.execute(limited, values)
            assert cursor.rowcount > 0
            agree()
    assert 0 < total(api, PRODUCTS) < 100


def test_rollbacks(installation: Runtime, api: Api, agree: Agree) -> None:
    make(api, grade="a")
    with entered(installation, api.key) as cursor:
        cursor.execute(INSERT.format(more=""), {"first": 100, "rows": 20})
        cursor.execute("UPDATE shop.products SET grade = 'c'")
        cursor.connection.rollback()
        agree(1)
        enter(cursor, api.key)
        cursor.execute(INSERT.format(more=""), {"first": 100, "rows": 8})
        cursor.execute("SAVEPOINT here")
        cursor.execute("DELETE FROM shop.products")
        cursor.execute(INSERT.format(more=""), {"first": 200, "rows": 50})
        cursor.execute("ROLLBACK TO SAVEPOINT here")
        cursor.execute("UPDATE shop.products SET grade = 'b' WHERE number %% 2 = 0", ())
        cursor.connection.commit()
    agree(9)


def test_truncation(installation: Runtime, api: Api, other_api: Api, owner: Owner) -> None:
    things = "/v1/odd/things"
    for client in (api, other_api):
        client.post(things, {"name": "x"})
        client.post(things, {"name": "y"})
    owner.execute("BEGIN; TRUNCATE odd.things; ROLLBACK")
    assert (total(api, things), total(other_api, things)) == (2, 2)
    owner.execute("TRUNCATE odd.things")
    assert (total(api, things), total(other_api, things)) == (0, 0)
    api.post(things, {"name": "z"})
    assert (total(api, things), total(other_api, things)) == (1, 0)


# -- at the same time ------------------------------------------------------------------------------

WRITERS = 8


def test_concurrent_requests(api: Api, other_api: Api, agree: Agree) -> None:
    def write(number: int) -> None:
        random, client = Random(number), (api, api, other_api)[number % 3]
        category = client.post(CATEGORIES, {"name": "c"}).data["id"]
        for turn in range(6):
            row = make(client, grade=random.choice(("a", None)), categoryId=category)
            client.post(REVIEWS, {"productId": row, "author": "a", "stars": 1})
            client.patch(f"{PRODUCTS}/{row}", {"grade": random.choice(("a", "b", None))})
            if turn % 3 == 0:
                client.delete(f"{PRODUCTS}/{row}")
        if number % 4 == 0:
            client.delete(f"{CATEGORIES}/{category}")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    agree()
    assert total(api, PRODUCTS) + total(other_api, PRODUCTS) == 24


def test_concurrent_transactions(installation: Runtime, api: Api, agree: Agree) -> None:
    """Long ones, some of which are rolled back."""

    def write(number: int) -> int:
        kept = 0
        with entered(installation, api.key) as cursor:
            for turn in range(6):
                first = 10_000 * number + 100 * turn
                cursor.execute(INSERT.format(more=""), {"first": first, "rows": 12})
                within = f"number > {first} AND number <= {first + 12}"
                cursor.execute(f"UPDATE shop.products SET grade = 'a' WHERE {within}")
                cursor.execute(f"DELETE FROM shop.products WHERE {within} AND kind = 'simple'")
                if turn % 3 == 1:
                    cursor.connection.rollback()
                else:
                    cursor.connection.commit()
                    kept += 8
                enter(cursor, api.key)
        return kept

    with ThreadPoolExecutor(WRITERS) as pool:
        kept = sum(pool.map(write, range(WRITERS)))
    assert kept == WRITERS * 4 * 8
    agree(kept)


def test_open_transactions_do_not_wait_for_each_other(
    installation: Runtime, api: Api, agree: Agree
) -> None:
    """Inserting, deleting and changing rows that are counted together."""
    make(api, grade="a")
    with entered(installation, api.key) as cursor:
        cursor.execute(INSERT.format(more=""), {"first": 100, "rows": 24})
        cursor.connection.commit()
    with (
        entered(installation, api.key) as one,
        entered(installation, api.key) as two,
        entered(installation, api.key) as three,
    ):
        for first, cursor in ((1000, one), (2000, two), (3000, three), (1100, one), (2100, two)):
            cursor.execute(INSERT.format(more=""), {"first": first, "rows": 12})
        for cursor, rest in ((one, 0), (two, 1), (three, 2)):
            within = f"number BETWEEN 101 AND 124 AND number / 3 %% 3 = {rest}"
            cursor.execute(f"UPDATE shop.products SET grade = 'c' WHERE {within}", ())
            cursor.execute(f"DELETE FROM shop.products WHERE {within} AND NOT active", ())
        # Tables in one order and in the other.
        categories = "INSERT INTO shop.categories (id, name) VALUES (gen_random_uuid(), 'c')"
        safes = "INSERT INTO vault.safes (id, code) VALUES (gen_random_uuid(), 's')"
        for statement, other, cursor in ((categories, safes, one), (safes, categories, two)):
            cursor.execute(statement)
            cursor.execute(other)
        assert total(api, PRODUCTS) == 25, "nothing of it is committed"
        one.connection.commit()
        agree()
        two.connection.rollback()
        agree()
        three.connection.commit()
        agree()
    assert total(api, CATEGORIES) == 1

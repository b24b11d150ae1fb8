"""What the decisions in ``docs/decisions`` promise, held against a running installation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import psycopg2
import pytest

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, Owner, StatementLog

pytestmark = pytest.mark.modules("crm")

ITEM = {"sku": "INJ-6.7-CR", "name": "Injector", "quantity": 8, "unitPrice": Decimal("289.50")}
SETTINGS = ("sparx.tenant_id", "sparx.modules", "sparx.actor", "sparx.sees", "sparx.signature")


@pytest.fixture
def customer(api: Api) -> str:
    return str(api.post("/v1/crm/customers", {"name": "Ann"}).data["id"])


@pytest.mark.parametrize("module", ["crm", "core"])
def test_0002_a_context_can_be_neither_forged_nor_kept(
    installation: Runtime, tenant: NewTenant, customer: str, module: str
) -> None:
    table = {"crm": "crm.customers", "core": "core.api_keys"}[module]
    database = installation.database
    with installation.as_key(parse_key(tenant.api_key)):
        genuine = [
            database.execute_sql(f"SELECT current_setting('{name}')").fetchone()[0]
            for name in SETTINGS
        ]
        assert database.execute_sql(f"SELECT count(*) FROM {table}").fetchone()[0] > 0
    # The settings of a genuine context, in the next transaction of the same connection.
    forged = ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS)
    for signature in (genuine[-1], "0" * 64, ""):
        with database.transaction(f"SELECT {forged}", (*genuine[:-1], signature)):
            assert database.execute_sql(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM core.secrets",
        "SELECT * FROM core.credentials",
        "SELECT core.set_context(gen_random_uuid(), ',core,', 'key:x')",
        "SELECT core.claim_delivery(gen_random_uuid(), gen_random_uuid(), 1)",
        "CREATE TABLE crm.mine (id integer)",
    ],
)
def test_0002_the_serving_role_is_refused(installation: Runtime, statement: str) -> None:
    connection = psycopg2.connect(installation.urls.app)
    try:
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
    finally:
        connection.close()


@pytest.mark.parametrize("items", [1, 20])
def test_0004_a_write_is_three_round_trips(
    api: Api,
    customer: str,
    query_count: Callable[[], AbstractContextManager[StatementLog]],
    items: int,
) -> None:
    order = {"customerId": customer, "items": [ITEM] * items}
    api.post("/v1/crm/orders", order)
    with query_count() as log:
        assert api.post("/v1/crm/orders", order).status == 201
    assert log.count == 3, log.statements


@pytest.mark.parametrize("orders", [1, 3])
def test_0011_a_read_is_one_round_trip(
    api: Api,
    customer: str,
    query_count: Callable[[], AbstractContextManager[StatementLog]],
    orders: int,
) -> None:
    for _ in range(orders):
        made = api.post("/v1/crm/orders", {"customerId": customer, "items": [ITEM]}).data
    for path in (f"/v1/crm/orders/{made['id']}", "/v1/crm/orders", "/v1/crm/customers?q=ann"):
        path, _, query = path.partition("?")
        api.get(path, query=query)
        with query_count() as log:
            assert api.get(path, query=query).status == 200
        assert log.count == 1, log.statements


def test_0007_only_claims_commit_asynchronously(installation: Runtime, owner: Owner) -> None:
    asynchronous = owner.rows(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'sparx%%'"
        " AND 'synchronous_commit=off' = ANY (rolconfig)"
    )
    assert asynchronous == [("sparx_dispatch",)]


@pytest.mark.parametrize(
    ("currency", "price", "quantity", "total"),
    [
        ("JPY", "100.1665", 3, "300"),
        ("USD", "0.012550", 100, "1.26"),
        ("BHD", "1.0005000", 1, "1.001"),
        ("CLF", "0.00005000", 1, "0.0001"),
    ],
)
def test_0008_a_price_has_four_digits_more_than_its_currency(
    api: Api, customer: str, currency: str, price: str, quantity: int, total: str
) -> None:
    def order(unit_price: str) -> Answer:
        item = {**ITEM, "quantity": quantity, "unitPrice": Decimal(unit_price)}
        body = {"customerId": customer, "currency": currency, "items": [item]}
        return api.post("/v1/crm/orders", body)

    placed = order(price)
    assert (placed.status, str(placed.data["total"])) == (201, total)
    assert Decimal(placed.data["items"][0]["unitPrice"]) == Decimal(price)
    refused = order(f"{price}1")
    assert (refused.status, refused.error["details"][0]["field"]) == (422, "items[0].unitPrice")


def test_0009_an_address_is_found_by_its_index(
    api: Api, installation: Runtime, tenant: NewTenant, owner: Owner
) -> None:
    owner.execute(
        "INSERT INTO crm.customers (tenant_id, id, name, email, currency)"
        " SELECT %s, gen_random_uuid(), 'n', 'c' || i || '@example.com', 'USD'"
        " FROM generate_series(1, 5000) i",
        tenant.tenant_id,
    )
    owner.execute("ANALYZE crm.customers")
    with installation.as_key(parse_key(tenant.api_key)):
        plan = installation.database.execute_sql(
            "EXPLAIN SELECT id FROM crm.customers WHERE email = 'c77@example.com' AND NOT trashed"
        ).fetchall()
    assert any("Index Cond" in line and "email" in line for (line,) in plan), plan
    found = api.get("/v1/crm/customers", params={"email": "C77@Example.COM"})
    assert [one["email"] for one in found.data] == ["c77@example.com"]

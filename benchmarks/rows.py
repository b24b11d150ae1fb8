"""The rows of the tenants whose requests are measured: all tenants are alike."""

from __future__ import annotations

from benchmarks.installation import Installation, Say
from benchmarks.measure import Plan
from benchmarks.operations import CUSTOM_FIELD, Target
from sparx_core.auth.keys import parse_key
from sparx_core.custom_fields.operations import define_field
from sparx_core.custom_fields.schemas import CustomFieldSchema
from sparx_core.schemas import load

CUSTOMERS = 20

_CUSTOMERS = """
INSERT INTO crm.customers (tenant_id, id, name, email, currency)
SELECT t.id, uuidv7(), 'Customer ' || n, 'customer' || n || '@example.com', 'USD'
  FROM core.tenants t, generate_series(1, %(customers)s) n
"""
# Placed one a minute until now, each by the next customer; one in ten is not delivered yet.
_ORDERS = """
INSERT INTO crm.orders (tenant_id, id, customer_id, number, status, currency, subtotal, total,
                        created_at, updated_at)
SELECT c.tenant_id, uuidv7(make_interval(mins => n - %(orders)s)), c.id, 1000 + n,
       CASE WHEN n %% 10 = 0 THEN 'placed' ELSE 'delivered' END, 'USD', 23160000, 23160000,
       now() + make_interval(mins => n - %(orders)s), now()
  FROM generate_series(1, %(orders)s) n
  JOIN (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place
          FROM crm.customers) c ON c.place = n %% %(customers)s + 1
 ORDER BY n
"""
_ITEMS = """
INSERT INTO crm.order_items
       (tenant_id, id, order_id, position, sku, name, quantity, unit_price, total)
SELECT o.tenant_id, uuidv7(), o.id, p, 'INJ-6.7-CR', '6.7L Common-Rail Injector', 4, 28950000000,
       11580000
  FROM crm.orders o, generate_series(0, 1) p
"""
_COUNTERS = """
INSERT INTO core.counters (tenant_id, name, value)
SELECT tenant_id, 'crm.orders.number', max(number) FROM crm.orders GROUP BY tenant_id
"""
_STATISTICS = """
UPDATE crm.customers c SET order_count = s.orders, total_spent = s.spent,
       first_order_at = s.first_at, last_order_at = s.last_at
  FROM (SELECT tenant_id, customer_id, count(*) AS orders, sum(total) AS spent,
               min(created_at) AS first_at, max(created_at) AS last_at
          FROM crm.orders GROUP BY 1, 2) s
 WHERE s.tenant_id = c.tenant_id AND s.customer_id = c.id
"""
_TARGETS = """
SELECT k.key_id, o.customer_id::text, o.id::text, o.number::text FROM core.api_keys k
  JOIN LATERAL (SELECT customer_id, id, number FROM crm.orders o
                 WHERE o.tenant_id = k.tenant_id ORDER BY o.id LIMIT 1) o ON true
"""


def define_fields(installation: Installation, keys: list[str]) -> None:
    """The custom field of every tenant, as its API would define it."""
    runtime = installation.runtime()
    try:
        for key in keys:
            with runtime.as_key(parse_key(key)) as ctx:
                define_field(ctx, load(CustomFieldSchema(), CUSTOM_FIELD))
                ctx.finish()
    finally:
        runtime.close()


def fill(installation: Installation, plan: Plan, say: Say) -> list[Target]:
    """Tenants through the real code, their rows in bulk, statistics for the planner."""
    say(f"Making {plan.tenants} tenants with {plan.orders} orders each")
    keys = {key[8:16]: key for key in installation.make_tenants(plan.tenants)}
    define_fields(installation, list(keys.values()))
    parameters = {"customers": CUSTOMERS, "orders": plan.orders}
    for statement in (_CUSTOMERS, _ORDERS, _ITEMS, _COUNTERS, _STATISTICS):
        installation.execute(statement, parameters)
    installation.settle()
    return [
        Target(keys[key_id], customer, order, number)
        for key_id, customer, order, number in installation.execute(_TARGETS)
    ]

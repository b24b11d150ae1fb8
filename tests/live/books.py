"""What must be true of orders, events and statistics, whatever has happened to the processes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.live.buyers import Placed
from tests.live.installation import Installation
from tests.live.processes import until

_ORDERS = """
SELECT t.slug, o.id::text, o.number, o.customer_id::text, o.total / 10000.0
  FROM crm.orders o JOIN core.tenants t ON t.id = o.tenant_id
"""
_ORDERS_WITHOUT_ITEMS = """
SELECT o.number FROM crm.orders o
 WHERE o.total <> (SELECT coalesce(sum(i.total), 0) FROM crm.order_items i
                    WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id)
"""
#: Orders whose events are not exactly one, with its delivery to the statistics done once.
_ORDERS_WITHOUT_EVENT = """
SELECT o.number, count(e.id), count(d.id), max(d.state) FROM crm.orders o
  LEFT JOIN core.events e ON e.tenant_id = o.tenant_id AND e.aggregate_id = o.id
        AND e.type = 'order.created' AND e.data::json ->> 'orderNumber' = o.number::text
  LEFT JOIN core.deliveries d ON d.tenant_id = e.tenant_id AND d.event_id = e.id
        AND d.handler = 'crm.update_customer_statistics'
 GROUP BY o.tenant_id, o.id, o.number
HAVING (count(e.id), count(d.id), max(d.state)) IS DISTINCT FROM (1, 1, 'done')
"""
_EVENTS_WITHOUT_ORDER = """
SELECT e.aggregate_id FROM core.events e
 WHERE e.type = 'order.created' AND NOT EXISTS (
    SELECT FROM crm.orders o WHERE o.tenant_id = e.tenant_id AND o.id = e.aggregate_id)
"""
_WRONG_STATISTICS = """
SELECT c.id::text, c.order_count, c.total_spent, c.first_order_at, c.last_order_at, s.*
  FROM crm.customers c CROSS JOIN LATERAL (
    SELECT count(*) AS orders, coalesce(sum(o.total), 0) AS spent,
           min(o.created_at) AS first_at, max(o.created_at) AS last_at
      FROM crm.orders o WHERE o.tenant_id = c.tenant_id AND o.customer_id = c.id) s
 WHERE (c.order_count, c.total_spent, c.first_order_at, c.last_order_at)
       IS DISTINCT FROM (s.orders, s.spent, s.first_at, s.last_at)
"""


def states(installation: Installation, handler: str = "%") -> dict[str, int]:
    """How many deliveries, of all handlers or of one, are in which state."""
    with installation.admin() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM core.deliveries WHERE handler LIKE %s"
            " GROUP BY 1 ORDER BY 1",
            (handler,),
        )
        return dict(cursor.fetchall())


def wait_until_handled(installation: Installation, seconds: float) -> None:
    """Wait until every delivery is done; fails at once if one is dead."""

    def handled() -> bool:
        found = states(installation)
        if "dead" in found:
            with installation.admin() as cursor:
                cursor.execute("SELECT last_error FROM core.deliveries WHERE state = 'dead'")
                pytest.fail(f"{found}: {cursor.fetchall()[:3]}")
        return not set(found) - {"done"}

    until(handled, seconds, "all deliveries are done")


def assert_books_balance(installation: Installation, promised: Iterable[Placed]) -> str:
    """Every promised order is there; numbers, events and statistics are exact. What was found."""
    with installation.admin() as cursor:
        orders = {row[1]: row for row in _rows(cursor, _ORDERS)}
        lost = [one for one in promised if _differs(one, orders.get(one.id))]
        assert lost == [], f"{len(lost)} promised orders are not there, or not as promised"
        numbers = defaultdict(list)
        for slug, _, number, _, _ in orders.values():
            numbers[slug].append(number)
        for slug, found in numbers.items():
            assert sorted(found) == list(range(1001, 1001 + len(found))), f"numbers of {slug}"
        assert _rows(cursor, _ORDERS_WITHOUT_ITEMS) == []
        assert _rows(cursor, _ORDERS_WITHOUT_EVENT) == []
        assert _rows(cursor, _EVENTS_WITHOUT_ORDER) == []
        assert _rows(cursor, _WRONG_STATISTICS) == []
        repeated = _rows(cursor, "SELECT count(*) FROM core.deliveries WHERE attempt > 1")[0][0]
    return f"{len(orders)} orders of {len(numbers)} tenants, {repeated} deliveries taken over"


def _differs(promise: Placed, row: tuple[Any, ...] | None) -> bool:
    if row is None:
        return True
    slug, _, number, customer, total = row
    kept = (slug, number, customer, float(total))
    return kept != (promise.slug, promise.number, promise.customer, promise.total)


def _rows(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return list(cursor.fetchall())

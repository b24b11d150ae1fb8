"""Reports on customers and work. Those on deals are in ``forecasts``.

The database shows a key that is confined to certain members' records no others here, either.
"""

from __future__ import annotations

from sparx_core import Context, Values, operation, querying
from sparx_crm.models.customers import Customer
from sparx_crm.models.deals import Deal
from sparx_crm.schemas.reports import AcquisitionQuery, AcquisitionSchema, SnapshotSchema

_COUNTS = {
    "customers": "crm.customers WHERE NOT trashed",
    "accounts": "crm.accounts WHERE NOT trashed",
    "openLeads": "crm.leads WHERE status NOT IN ('converted', 'disqualified')",
    "openDeals": "crm.deals WHERE status = 'open'",
    "openTasks": "crm.tasks WHERE status = 'open'",
    "overdueTasks": "crm.tasks WHERE status = 'open' AND due_at < now()",
    "activeSegments": "crm.segments WHERE status = 'active'",
}
_SNAPSHOT = "SELECT " + ", ".join(f"(SELECT count(*) FROM {one})" for one in _COUNTS.values())
#: Stored are ten-thousandths of a unit.
_VALUES = """
SELECT currency, count(*), round(coalesce(sum(amount), 0) / 10000.0, core.currency_digits(currency))
  FROM crm.deals WHERE status = 'open' GROUP BY currency ORDER BY currency
"""
#: The months of the tenant, each with its customers: found by when they were made.
_ACQUISITION = """
SELECT to_char(m.month, 'YYYY-MM'), count(c.id)
  FROM generate_series(date_trunc('month', core.tenant_today()::timestamp)
                         - make_interval(months => %s),
                       date_trunc('month', core.tenant_today()::timestamp),
                       interval '1 month') AS m (month)
  LEFT JOIN crm.customers c ON NOT c.trashed
   AND c.created_at >= m.month AT TIME ZONE core.tenant_timezone()
   AND c.created_at < (m.month + interval '1 month') AT TIME ZONE core.tenant_timezone()
 GROUP BY m.month ORDER BY m.month
"""


@operation(
    "GET",
    "/reports/snapshot",
    name="reports.snapshot",
    module="crm",
    scope="read:crm",
    answer=SnapshotSchema,
    raises=(),
    shared=True,
)
def snapshot(ctx: Context) -> Values:
    """How much there is of everything now."""
    counts = ctx.first(Deal.raw(_SNAPSHOT).tuples())
    values = [
        {"currency": currency, "deals": deals, "amount": amount}
        for currency, deals, amount in ctx.all(Deal.raw(_VALUES).tuples())
    ]
    return {**dict(zip(_COUNTS, counts, strict=True)), "pipelineValues": values}


@querying(AcquisitionQuery)
@operation(
    "GET",
    "/reports/acquisition",
    name="reports.acquisition",
    module="crm",
    scope="read:crm",
    answer=AcquisitionSchema(many=True),
    raises=(),
    shared=True,
)
def acquisition(ctx: Context, query: Values) -> list[Values]:
    """How many customers were made in each of the last months, 12 unless `months` says otherwise,
    and in the present one: months of the tenant, in its time zone. Those in the trash do not count.
    """
    months = ctx.all(Customer.raw(_ACQUISITION, query["months"]).tuples())
    return [{"month": month, "newCustomers": count} for month, count in months]

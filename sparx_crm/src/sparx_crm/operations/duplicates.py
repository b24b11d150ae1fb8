"""Who is there twice: customers with the same e-mail or phone number, accounts with one domain."""

from __future__ import annotations

from typing import Any

from peewee import SQL, fn

from sparx_core import Context, Values, operation, querying
from sparx_crm.models.accounts import Account, AccountDomain
from sparx_crm.models.customers import Customer, CustomerEmail, CustomerPhone
from sparx_crm.schemas.bulk_customers import (
    AccountDuplicatesQuery,
    CustomerDuplicatesQuery,
    DuplicateGroupSchema,
)

#: Rows of one group that are named.
MAX_NAMED = 100


@querying(CustomerDuplicatesQuery)
@operation(
    "GET",
    "/customers/duplicates",
    name="customers.duplicates",
    module="crm",
    scope="read:crm",
    answer=DuplicateGroupSchema(many=True),
    raises=[],
    shared=True,
)
def list_customer_duplicates(ctx: Context, query: Values) -> list[Values]:
    """Groups of customers that have an e-mail or a phone number in common, be it the primary one
    or a further one. Those that were deleted do not count; the largest groups are first.
    """
    found: list[Values] = []
    for reason, child in (("email", CustomerEmail), ("phone", CustomerPhone)):
        if query.get("reason", reason) == reason:
            found += _groups(ctx, reason, (Customer, child, "customer"), query["take"])
    return sorted(found, key=lambda one: (-len(one["ids"]), one["value"]))[: query["take"]]


@querying(AccountDuplicatesQuery)
@operation(
    "GET",
    "/accounts/duplicates",
    name="accounts.duplicates",
    module="crm",
    scope="read:crm",
    answer=DuplicateGroupSchema(many=True),
    raises=[],
    shared=True,
)
def list_account_duplicates(ctx: Context, query: Values) -> list[Values]:
    """Groups of accounts that have a domain in common, be it the first or a further one."""
    return _groups(ctx, "domain", (Account, AccountDomain, "account"), query["take"])


def _groups(ctx: Context, field: str, models: tuple[Any, Any, str], take: int) -> list[Values]:
    """Values of ``field`` that several living rows have, in the table and in that of its children.

    Both are read in the order of their indexes on the value.
    """
    model, child, by = models
    own: Any = model.select(getattr(model, field).alias("value"), model.id.alias("row")).where(
        getattr(model, field).is_null(False) & ~model.trashed
    )
    parent = model.alias()
    further: Any = (
        child.select(getattr(child, field).alias("value"), getattr(child, by).alias("row"))
        .join(parent, on=(parent.id == getattr(child, by)))
        .where(~parent.trashed)
    )
    rows = (own | further).alias("rows")  # one row once for one value
    query = (
        model.select(rows.c.value, fn.array_agg(rows.c.row))
        .from_(rows)
        .group_by(rows.c.value)
        .having(fn.count(SQL("*")) > 1)
        .order_by(fn.count(SQL("*")).desc(), rows.c.value)
        .limit(take)
        .tuples()
    )
    return [
        {"reason": field, "value": value, "ids": sorted(str(one) for one in ids)[:MAX_NAMED]}
        for value, ids in ctx.all(query)
    ]

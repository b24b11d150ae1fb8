"""Many customers at once: assigned to an owner, tagged."""

from __future__ import annotations

from typing import Any

from sparx_core import Context, ValidationFailed, Values, operation
from sparx_crm.events.customers import CustomerUpdated
from sparx_crm.models.customers import Customer
from sparx_crm.schemas.bulk_customers import BulkAnswerSchema, BulkAssignSchema, BulkTagSchema

MAX_TAGS = 50


@operation(
    "POST",
    "/customers/bulk-assign",
    name="customers.bulk_assign",
    module="crm",
    scope="write:crm",
    body=BulkAssignSchema,
    answer=BulkAnswerSchema,
    emits=[CustomerUpdated],
    raises=[ValidationFailed],
    shared=True,
)
def assign_customers(ctx: Context, data: Values) -> Values:
    """Give up to 500 customers to an owner, or to nobody: all of them, or none if one is not there.

    Answers how many were really changed; each of those is one `customer.updated`.
    """
    rows = _customers(ctx, data["customer_ids"])
    return _change(ctx, [(row, {"owner": data["owner"]}) for row in rows])


@operation(
    "POST",
    "/customers/bulk-tag",
    name="customers.bulk_tag",
    module="crm",
    scope="write:crm",
    body=BulkTagSchema,
    answer=BulkAnswerSchema,
    emits=[CustomerUpdated],
    raises=[ValidationFailed],
    shared=True,
)
def tag_customers(ctx: Context, data: Values) -> Values:
    """Add tags to up to 500 customers and take others away, of all of them or of none.

    A tag in both lists is taken away. Answers how many customers were really changed; each of
    those is one `customer.updated`.
    """
    added, removed = data.get("add_tags", []), data.get("remove_tags", [])
    if not (added or removed):
        raise ValidationFailed([("addTags", "Give tags to add or to remove.")])
    changes: list[tuple[Customer, Values]] = []
    for row in _customers(ctx, data["customer_ids"]):
        tags = [one for one in dict.fromkeys([*row.tags, *added]) if one not in removed]
        if len(tags) > MAX_TAGS:
            raise ValidationFailed([("addTags", f"{row.id} would have more than {MAX_TAGS} tags.")])
        # Those that were there twice before are left so, if nothing else changes.
        if set(tags) != set(row.tags):
            changes.append((row, {"tags": tags}))
    return _change(ctx, changes)


def _customers(ctx: Context, ids: list[Any]) -> list[Customer]:
    """The customers, locked; ``ValidationFailed`` names those that are not there."""
    found = {row.id: row for row in ctx.lock(Customer, "id", ids) if not row.trashed}
    missing = [place for place, one in enumerate(ids) if one not in found]
    if missing:
        raise ValidationFailed(
            [(("customerIds", place), "There is no such row.") for place in missing]
        )
    return list(found.values())


def _change(ctx: Context, changes: list[tuple[Customer, Values]]) -> Values:
    changed = [
        (row, values)
        for row, values in changes
        if any(getattr(row, name) != value for name, value in values.items())
    ]
    for row, values in changed:
        ctx.update(row, **values)
    for row, _ in changed:
        ctx.emit(CustomerUpdated(row))
    return {"updatedCount": len(changed)}

"""The segments that every tenant begins with; they are like others, and can be changed."""

from __future__ import annotations

from typing import Any

from sparx_core import Context
from sparx_crm.models.segments import Segment


def _is(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"kind": "predicate", "field": f"customer.{field}", "op": op, "value": value}


def _all(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "and", "children": list(rules)}


#: Key, name, description, color and rules.
BUILT_IN = (
    (
        "high-value",
        "High value",
        "Spent 5000 or more, in the currency of the customer.",
        "#6366F1",
        _is("totalSpent", "gte", 5000),
    ),
    (
        "at-risk",
        "At risk",
        "Ordered before, but not for 90 days, and may be contacted.",
        "#EF4444",
        _all(
            _is("orderCount", "gte", 1),
            _is("daysSinceLastOrder", "gte", 90),
            _is("doNotContact", "eq", False),
        ),
    ),
    (
        "b2b",
        "Business customers",
        "Buys for a company.",
        "#0EA5E9",
        _is("type", "eq", "b2b"),
    ),
    (
        "new-customers",
        "New customers",
        "Added within the last 30 days.",
        "#10B981",
        _is("createdAt", "in_last_days", 30),
    ),
)


def built_in_segments(ctx: Context) -> None:
    """Make the segments that a tenant begins with, if it has none at all."""
    if ctx.first(Segment.select(Segment.id).limit(1)) is None:
        ctx.insert_all(
            Segment(built_in=key, name=name, description=description, color=color, rules=rules)
            for key, name, description, color, rules in BUILT_IN
        )

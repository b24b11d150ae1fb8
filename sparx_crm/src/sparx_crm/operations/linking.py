"""What activities and tasks are linked to, and what follows from one link for the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sparx_core import Context, TenantModel, ValidationFailed, Values
from sparx_crm.models.accounts import Account
from sparx_crm.models.activities import LINKS
from sparx_crm.models.customers import Customer
from sparx_crm.models.deals import Deal
from sparx_crm.models.leads import Lead
from sparx_crm.models.orders import Order
from sparx_crm.models.quotes import Quote

#: The tables that links lead to. What an order, say, is linked to itself is linked along with it.
LINKED: dict[str, type[TenantModel]] = {
    "order": Order,
    "quote": Quote,
    "deal": Deal,
    "lead": Lead,
    "customer": Customer,
    "account": Account,
}
SOURCES = ("order", "quote", "deal", "lead", "customer")
_IMPLIED = ("deal", "customer", "account")


def require_link(row: TenantModel | Values) -> None:
    """``ValidationFailed`` if an activity is on nobody's timeline."""
    found = row if isinstance(row, dict) else {name: getattr(row, name) for name in LINKS}
    if all(found.get(name) is None for name in LINKS):
        names = ", ".join(f"{name}Id" for name in LINKS)
        raise ValidationFailed([("customerId", f"Give at least one of {names}.")])


def add_implied(ctx: Context, values: Values) -> None:
    """Link what the order, quote, deal, lead or customer in ``values`` is linked to itself, where
    nothing is said.

    Those that do not exist are left to the foreign keys, which name the field.
    """
    for name in SOURCES:
        row_id = values.get(name)
        row = ctx.find(LINKED[name], row_id) if row_id is not None else None
        _add(values, name, row)


def existing(ctx: Context, links: Mapping[str, Any]) -> tuple[dict[str, UUID], UUID | None]:
    """The links whose rows are there, with what they imply, to what is left of those that were
    merged; and the member whose the first of them is that somebody owns, orders before customers.
    """
    wanted, found = dict(links), {}
    owner: UUID | None = None
    for name, model in LINKED.items():
        row = _present(ctx, model, wanted.get(name))
        if row is not None:
            found[name] = row.id
            owner = owner or getattr(row, "owner", None)
            _add(wanted, name, row)
    return found, owner


def _present(ctx: Context, model: type[TenantModel], row_id: UUID | None) -> TenantModel | None:
    """The row with an id, or what it was merged into; None if it is gone or erased."""
    row = None if row_id is None else ctx.find(model, row_id)
    while row is not None and getattr(row, "trashed", False):
        merged_into = getattr(row, "merged_into", None)
        row = None if merged_into is None else ctx.find(model, merged_into)
    return None if getattr(row, "erased_at", None) is not None else row


def _add(links: dict[str, Any], name: str, row: TenantModel | None) -> None:
    """Add what a row is linked to itself, where nothing is said."""
    for implied in _IMPLIED:
        found = getattr(row, implied, None)
        if implied != name and found is not None:
            links.setdefault(implied, found)

"""Which tables hold personal data of customers, and what becomes of it when one is erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sparx_core import Context, blank_value, referring_rows
from sparx_crm.models.customers import Customer, CustomerEmail
from sparx_crm.models.leads import Lead

#: Rows that are deleted.
WHOLE = "*"
#: By table, the fields that are emptied, or ``WHOLE``. What is not here stays as it is: amounts,
#: taxes and numbers, and that somebody whom nobody knows any more was there.
PERSONAL: Mapping[str, Any] = {
    "crm.customers": (
        "name", "first_name", "last_name", "email", "phone", "company", "job_title", "locale",
        "timezone", "preferred_contact_method", "tags", "addresses", "metadata", "notes", "custom",
    ),
    "crm.customer_emails": WHOLE,
    "crm.customer_phones": WHOLE,
    "crm.consents": WHOLE,
    "crm.activities": WHOLE,
    "crm.tasks": WHOLE,
    "crm.segment_members": WHOLE,
    "crm.orders": (
        "billing_address", "shipping_address", "customer_note", "internal_note", "cancel_reason",
        "metadata", "custom",
    ),
    "crm.payments": ("processor_ref", "failure_reason", "metadata"),
    "crm.refunds": ("reason", "failure_reason", "metadata"),
    "crm.returns": ("reason", "note", "metadata"),
    "crm.fulfillments": ("tracking_number", "tracking_url", "notes", "metadata"),
    "crm.quotes": (
        "customer_note", "internal_note", "signer_name", "signer_address", "decline_reason",
        "renegotiation_message", "rejection_reason", "custom",
    ),
    "crm.deals": ("title", "notes", "lost_note", "custom"),
    "crm.leads": ("name", "email", "phone", "company", "job_title", "notes", "tags", "custom"),
}  # fmt: skip


def personal_fields(ctx: Context) -> dict[str, Any]:
    """What is personal in the tables of the CRM and of other modules that are active."""
    found = dict(PERSONAL)
    for told in ctx.call_hook("sparx_crm_personal_data"):
        found |= told
    return found


def addresses_of(ctx: Context, people: Collection[UUID]) -> list[str]:
    """All e-mail addresses of some customers."""
    found = [one.email for one in ctx.match(Customer, "id", list(people)) if one.email]
    found += [one.email for one in ctx.match(CustomerEmail, "customer", list(people))]
    return sorted(set(found))


def belongings(ctx: Context, customers: Collection[UUID]) -> dict[str, list[UUID]]:
    """The rows of a customer, by table: those that refer to it, leads with one of its addresses,
    and those that refer to any of these.

    Tables that refer to customers by themselves say whose their rows are: an order that came of
    somebody's deal may be somebody else's.
    """
    direct = referring_rows(ctx, "crm.customers", customers)
    found = {table: dict.fromkeys(ids) for table, ids in direct.items()}
    addresses = addresses_of(ctx, customers)
    leads = [one.id for one in ctx.match(Lead, "email", addresses)] if addresses else []
    if leads:
        found.setdefault("crm.leads", {}).update(dict.fromkeys(leads))
    todo = [table for table in found if table != "crm.customers"]
    seen = set(todo)
    while todo:
        table = todo.pop(0)
        for name, ids in referring_rows(ctx, table, list(found[table])).items():
            if name in direct and name not in ("crm.activities", "crm.tasks"):
                continue
            if name.partition(".")[0] == "core" or name == "crm.accounts":
                continue
            found.setdefault(name, {}).update(dict.fromkeys(ids))
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return {table: list(ids) for table, ids in sorted(found.items())}


def blanks(ctx: Context, table: str, names: Collection[str]) -> dict[str, Any]:
    """What fields of a table are left with; those that the table does not have are left out."""
    columns: dict[str, Any] = ctx.registry.models[table][1]._meta.fields
    return {name: blank_value(columns[name]) for name in names if name in columns}


def texts_of(value: Any) -> set[str]:
    """The texts in a value by which somebody may be known."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        value = [one for name, one in value.items() if name not in ("kind", "country")]
    if isinstance(value, list):
        return {text for one in value for text in texts_of(one)}
    return set()

"""Finding customers by how they are reached, and making those that are not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sparx_core import Conflict, Context, Email, Values
from sparx_crm.events.customers import CustomerCreated
from sparx_crm.models.customers import Customer, CustomerEmail, CustomerPhone

_EMAIL = Email()


def find_customer(ctx: Context, email: str) -> Customer | None:
    """The customer with this e-mail, as its primary or a further one; none that was deleted.

    The primary one wins; of several with the same further one, the oldest. Raises marshmallow's
    ``ValidationError`` for what is no address.
    """
    address = str(_EMAIL.deserialize(email))
    for customer in ctx.match(Customer, "email", [address]):
        if not customer.trashed:
            return customer
    further = ctx.match(CustomerEmail, "email", [address])
    return next(iter(living(ctx, (one.customer for one in further))), None)


def find_or_create_customer(ctx: Context, *, email: str, name: str, **more: Any) -> Customer:
    """The customer with this e-mail, or a new one with ``name`` and ``more`` of its fields.

    Exactly one is made, and one ``customer.created`` emitted, however many ask at once. One that
    is there stays as it is. To be called by other modules, within any transaction.
    """
    address = str(_EMAIL.deserialize(email))
    found = find_customer(ctx, address)
    if found is not None:
        return found
    values: Values = {"currency": ctx.tenant.currency, **more, "name": name, "email": address}

    def make() -> Customer:
        customer = ctx.insert(Customer(**values))
        ctx.flush()
        return customer

    try:
        made = ctx.transaction.attempt(make)
    except Conflict:
        # Somebody was faster; what he committed is seen by now.
        found = find_customer(ctx, address)
        if found is None:
            raise
        return found
    ctx.emit(CustomerCreated(made))
    return made


def living(ctx: Context, ids: Iterable[Any]) -> list[Customer]:
    """The customers with these ids that were not deleted, oldest first."""
    wanted: list[UUID] = list(dict.fromkeys(ids))
    return [one for one in ctx.match(Customer, "id", wanted) if not one.trashed]


def owners_of_emails(ctx: Context, emails: list[str]) -> dict[UUID, str | None]:
    """Living customers that have one of these e-mails, each with the one that it has."""
    found = {one.id: one.email for one in ctx.match(Customer, "email", emails) if not one.trashed}
    further = {one.customer: one.email for one in ctx.match(CustomerEmail, "email", emails)}
    return found | {one.id: further[one.id] for one in living(ctx, further) if one.id not in found}


def owners_of_phones(ctx: Context, phones: list[str]) -> dict[UUID, str | None]:
    """Living customers that have one of these phone numbers, each with the one that it has."""
    found = {one.id: one.phone for one in ctx.match(Customer, "phone", phones) if not one.trashed}
    further = {one.customer: one.phone for one in ctx.match(CustomerPhone, "phone", phones)}
    return found | {one.id: further[one.id] for one in living(ctx, further) if one.id not in found}

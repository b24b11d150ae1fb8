"""Memberships: which customers work for which accounts, and for which one above all.

The primary one is in the customer's row, so that there is exactly one whoever comes at once.
"""

from __future__ import annotations

from uuid import UUID

from sparx_core import Context, Resource, ValidationFailed, Values
from sparx_crm.errors.accounts import PrimaryMembership
from sparx_crm.events.accounts import (
    AccountMemberAdded,
    AccountMemberChanged,
    AccountMemberRemoved,
)
from sparx_crm.events.customers import CustomerUpdated
from sparx_crm.models.accounts import Membership
from sparx_crm.models.customers import Customer
from sparx_crm.schemas.accounts import (
    MembershipChangeSchema,
    MembershipSchema,
    NewMembershipSchema,
)

memberships = Resource(
    "memberships",
    Membership,
    MembershipSchema,
    filters=("customerId", "accountId", "role"),
    sorts=("createdAt",),
)


@memberships.create(
    body=NewMembershipSchema,
    emits=[AccountMemberAdded, CustomerUpdated],
    raises=[PrimaryMembership],
)
def add_member(ctx: Context, data: Values) -> Membership:
    """Have a customer work for an account. ``conflict`` if it does already.

    The first membership of a customer is its primary one. One that is added as primary takes the
    place of the one before; both change the customer's `accountId`.
    """
    wanted = data.pop("is_primary", None)
    customer = _locked(ctx, data["customer"])
    if wanted is False and customer.account is None:
        raise PrimaryMembership("The first membership of a customer is its primary one.")
    row = ctx.insert(Membership(**data))
    ctx.emit(AccountMemberAdded(row))
    if wanted or customer.account is None:
        _prefer(ctx, customer, row.account)
    return row


@memberships.update(
    body=MembershipChangeSchema,
    emits=[AccountMemberChanged, CustomerUpdated],
    raises=[PrimaryMembership],
)
def change_member(ctx: Context, row: Membership, data: Values) -> Membership:
    """Change the role of a customer in an account, or make the account its primary one.

    ``primary_membership`` for one that is to be primary no longer: make another one primary.
    """
    wanted = data.get("is_primary")
    if wanted is not None:
        customer = _locked(ctx, row.customer)
        if wanted:
            _prefer(ctx, customer, row.account)
        elif customer.account == row.account:
            raise PrimaryMembership
    if data.get("role", row.role) != row.role:
        ctx.update(row, role=data["role"])
        ctx.emit(AccountMemberChanged(row))
    return row


@memberships.delete(emits=[AccountMemberRemoved, CustomerUpdated])
def remove_member(ctx: Context, row: Membership) -> None:
    """End a membership. If it was the primary one, the oldest of the others is that from now on."""
    customer = _locked(ctx, row.customer)
    others = [one for one in ctx.match(Membership, "customer", [row.customer]) if one.id != row.id]
    ctx.delete(row)
    ctx.emit(AccountMemberRemoved(row))
    if customer.account == row.account:
        _prefer(ctx, customer, others[0].account if others else None)


def _locked(ctx: Context, row_id: UUID) -> Customer:
    """The customer, with whoever else would change its memberships waiting."""
    customer = ctx.find(Customer, row_id, lock=True)
    if customer is None:
        raise ValidationFailed([("customerId", "There is no such row.")])
    return customer


def _prefer(ctx: Context, customer: Customer, account: UUID | None) -> None:
    if customer.account != account:
        ctx.update(customer, account=account)
        ctx.emit(CustomerUpdated(customer))

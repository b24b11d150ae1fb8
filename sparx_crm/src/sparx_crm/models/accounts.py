"""Accounts: the companies that customers belong to."""

from __future__ import annotations

from peewee import IntegerField, TextField

from sparx_core import JsonField, Reference, TenantModel, TextArrayField, TrashModel, check, default
from sparx_crm.models.customers import one_of

MEMBER_ROLES = (
    "member",
    "buyer",
    "approver",
    "decision_maker",
    "billing",
    "technical",
    "admin",
)


class Account(TrashModel):
    """A company. ``parent`` is the one that it belongs to; nobody is above himself."""

    name = TextField()
    domain = TextField(null=True)
    parent = Reference("crm.accounts", null=True)
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    tax_id = TextField(null=True)
    website = TextField(null=True)
    phone = TextField(null=True)
    industry = TextField(null=True)
    employees = IntegerField(null=True)
    tags = TextArrayField(constraints=[default("'{}'")])
    addresses = JsonField(constraints=[default("'[]'")])
    metadata = JsonField(constraints=[default("'{}'")])
    notes = TextField(null=True)
    #: Of one in the trash, which account it is now.
    merged_into = Reference("crm.accounts", null=True, on_delete="SET NULL")
    custom = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "accounts"
        owned_by = "owner"
        indexes = ((("domain",), False),)


class AccountDomain(TenantModel):
    """A further domain of an account."""

    account = Reference("crm.accounts", on_delete="CASCADE")
    position = IntegerField()
    domain = TextField()

    class Meta:
        schema = "crm"
        table_name = "account_domains"
        indexes = ((("account", "position"), False), (("domain",), False))


class Membership(TenantModel):
    """A customer works for an account. Which one above all is in ``Customer.account``."""

    customer = Reference("crm.customers", on_delete="CASCADE")
    account = Reference("crm.accounts", on_delete="CASCADE")
    role = TextField(constraints=[default("'member'"), check(one_of("role", MEMBER_ROLES))])

    class Meta:
        schema = "crm"
        table_name = "memberships"
        indexes = ((("customer", "account"), True),)

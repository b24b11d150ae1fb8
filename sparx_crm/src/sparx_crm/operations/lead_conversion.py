"""What a lead becomes: a customer and an account, found or made, and a deal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sparx_core import Context, ValidationFailed, Values
from sparx_crm.models.accounts import Account, Membership
from sparx_crm.models.customers import Customer
from sparx_crm.models.leads import Lead
from sparx_crm.operations.accounts import create_account, owners_of_domains
from sparx_crm.operations.customers import create_customer
from sparx_crm.operations.deals import create_deal
from sparx_crm.operations.finding import find_or_create_customer
from sparx_crm.operations.memberships import add_member

#: Whose addresses say nothing about the company of somebody who has one.
FREE_MAIL = frozenset(
    [
        "aol.com",
        "fastmail.com",
        "gmail.com",
        "googlemail.com",
        "gmx.at",
        "gmx.de",
        "gmx.net",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "t-online.de",
        "web.de",
        "yahoo.com",
        "yandex.ru",
        "zoho.com",
    ]
)


def convert_to_customer(ctx: Context, lead: Lead, data: Values) -> dict[str, UUID | None]:
    """Find or make what the lead becomes: the ids, by the lead's fields.

    Conversions of a tenant wait for each other, so that two leads of one company make one account.
    """
    ctx.transaction.take_turns("the conversion of leads")
    customer = _customer(ctx, lead, data)
    account = _account(ctx, lead, data)
    if account is not None:
        _join(ctx, customer, account)
    deal = _deal(ctx, lead, data, customer, account)
    return {
        "customer": customer.id,
        "account": None if account is None else account.id,
        "deal": deal,
    }


def _customer(ctx: Context, lead: Lead, data: Values) -> Customer:
    if "customer" in data:
        return _chosen(ctx, Customer, "customerId", data["customer"])  # type: ignore[no-any-return]
    names = ("phone", "company", "job_title", "owner", "tags", "notes")
    values = {name: getattr(lead, name) for name in names if getattr(lead, name) is not None}
    if lead.email is None:
        return create_customer(ctx, {**values, "name": lead.name, "allow_duplicate": True})
    return find_or_create_customer(ctx, email=lead.email, name=lead.name, **values)


def _account(ctx: Context, lead: Lead, data: Values) -> Account | None:
    if "account" in data:
        return _chosen(ctx, Account, "accountId", data["account"])  # type: ignore[no-any-return]
    domain = company_domain(lead.email)
    found = _known_account(ctx, lead.company, domain)
    if found is not None or lead.company is None or not data.get("create_account", True):
        return found
    values: dict[str, Any] = {"name": lead.company, "domain": domain, "owner": lead.owner}
    return create_account(ctx, {**values, "allow_duplicate": True})


def _known_account(ctx: Context, company: str | None, domain: str | None) -> Account | None:
    """The oldest account with the lead's domain, or else with its company's name."""
    by_domain = sorted(owners_of_domains(ctx, [domain])) if domain else []
    if by_domain:
        return ctx.find(Account, by_domain[0])
    if company is None:
        return None
    named = [one for one in ctx.match(Account, "name", [company]) if not one.trashed]
    return next(iter(named), None)


def _join(ctx: Context, customer: Customer, account: Account) -> None:
    """The customer works for the account, unless it does already."""
    there = ctx.match(Membership, "customer", [customer.id])
    if account.id not in {one.account for one in there}:
        ctx.flush()
        add_member(ctx, {"customer": customer.id, "account": account.id})


def _deal(
    ctx: Context, lead: Lead, data: Values, customer: Customer, account: Account | None
) -> UUID | None:
    wanted = data.get("create_deal", "pipeline" in data or "deal_title" in data)
    if not wanted:
        return None
    values: dict[str, Any] = {
        "title": data.get("deal_title") or lead.company or lead.name,
        "customer": customer.id,
        "account": None if account is None else account.id,
        "owner": lead.owner,
        "amount": lead.value,
        "currency": lead.currency,
        "source": lead.source,
        "pipeline": data.get("pipeline"),
    }
    deal = create_deal(ctx, {name: one for name, one in values.items() if one is not None})
    found: UUID = deal.id
    return found


def company_domain(email: str | None) -> str | None:
    """The domain of an e-mail, unless it is one where anybody has one."""
    domain = email.rpartition("@")[2] if email else ""
    return domain if domain and domain not in FREE_MAIL else None


def _chosen(ctx: Context, model: Any, name: str, row_id: UUID) -> Any:
    """The row that a body names: a problem of the field if there is none in this tenant."""
    row = ctx.find(model, row_id)
    if row is None or row.trashed:
        raise ValidationFailed([(name, "There is no such row.")])
    return row

"""Accounts: created, changed, deleted, restored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sparx_core import Conflict, Context, Duplicate, Resource, ValidationFailed, Values
from sparx_crm.errors.accounts import AccountCycle
from sparx_crm.events.accounts import (
    AccountCreated,
    AccountDeleted,
    AccountRestored,
    AccountUpdated,
)
from sparx_crm.models.accounts import Account, AccountDomain
from sparx_crm.operations.children import replace_children
from sparx_crm.schemas.accounts import AccountSchema, NewAccountSchema

#: How far up an account may be from the top of its tree.
MAX_ABOVE = 50

accounts = Resource(
    "accounts",
    Account,
    AccountSchema,
    search=("name", "domain", "taxId", "tags"),
    filters=("name", "domain", "parentId", "ownerId", "tags", "industry", "createdAt", "updatedAt"),
    sorts=("createdAt", "name", "updatedAt"),
    custom_fields=True,
)
accounts.derive(deleted=AccountDeleted)


@accounts.create(body=NewAccountSchema, emits=[AccountCreated], raises=[Duplicate, AccountCycle])
def create_account(ctx: Context, data: Values) -> Account:
    """Create an account. ``duplicate`` if another one has one of its domains, with the ids of all
    that have, unless `allowDuplicate` is true. A batch or an import does not look for those.
    """
    allowed = data.pop("allow_duplicate", False)
    domains = data.pop("other_domains", [])
    account = Account(**data)
    _check_repeated(account.domain, domains)
    if account.parent is not None:
        _check_above(ctx, account)
    if not (allowed or ctx.in_bulk):
        _check_domains(ctx, account, [one["domain"] for one in domains])
    ctx.insert(account)
    ctx.insert_all(
        AccountDomain(account=account.id, position=place, **one)
        for place, one in enumerate(domains)
    )
    ctx.emit(AccountCreated(account))
    return account


@accounts.update(emits=[AccountUpdated], raises=[AccountCycle])
def update_account(ctx: Context, account: Account, data: Values) -> Account:
    """Change an account; absent fields stay. ``account_cycle`` if its new parent is below it."""
    domains = data.pop("other_domains", None)
    moved = data.get("parent") is not None and data["parent"] != account.parent
    changes = any(getattr(account, name) != value for name, value in data.items())
    if moved:
        _check_above(ctx, Account(id=account.id, parent=data["parent"]))
    if domains is not None:
        _check_repeated(data.get("domain", account.domain), domains)
        changed = replace_children(ctx, account, AccountDomain, "account", domains)
        changes = changed or changes
    if changes:
        # Also if only its domains changed: then its version goes up, too.
        ctx.update(account, **data, updated_at=datetime.now(UTC))
        ctx.emit(AccountUpdated(account))
    return account


@accounts.restore(emits=[AccountRestored], raises=[Conflict])
def restore_account(ctx: Context, account: Account) -> Account:
    """Bring an account back that was deleted, as it was then; one that was not stays as it is.

    ``conflict`` if it was merged into another one: undo the merge instead.
    """
    if account.trashed:
        if account.merged_into is not None:
            raise Conflict("It was merged into another one: undo that merge.")
        ctx.restore(account)
        ctx.emit(AccountRestored(account))
    return account


def _check_above(ctx: Context, account: Account) -> None:
    """``AccountCycle`` if ``account`` is above its parent.

    Whoever moves an account takes turns with the others of the tenant: two that each go below the
    other would not see one another.
    """
    ctx.transaction.take_turns("the tree of accounts")
    path: list[UUID] = []
    above: Any = account.parent
    while above is not None:
        path.append(above)
        if above == account.id:
            raise AccountCycle(details={"path": [str(one) for one in path]})
        if len(path) > MAX_ABOVE:
            raise ValidationFailed([("parentId", f"More than {MAX_ABOVE} accounts are above it.")])
        found = ctx.find(Account, above)
        # One that is not there is refused by the reference.
        above = None if found is None else found.parent


def _check_repeated(domain: str | None, domains: list[Values]) -> None:
    seen = {domain}
    problems: list[tuple[Any, str]] = []
    for place, one in enumerate(domains):
        if one["domain"] in seen:
            where = ("otherDomains", place, "domain")
            problems.append((where, "The account has it already."))
        seen.add(one["domain"])
    if problems:
        raise ValidationFailed(problems)


def _check_domains(ctx: Context, account: Account, further: list[str]) -> None:
    wanted = [one for one in (account.domain, *further) if one]
    if not wanted:
        return
    found = owners_of_domains(ctx, wanted)
    if found:
        details = [
            _candidate("domain" if domain == account.domain else "otherDomains", one)
            for one, domain in found.items()
        ]
        raise Duplicate("Others have the same domain.", details=details)


def owners_of_domains(ctx: Context, domains: list[str]) -> dict[UUID, str | None]:
    """Living accounts that have one of these domains, each with the one that it has."""
    found = {one.id: one.domain for one in ctx.match(Account, "domain", domains) if not one.trashed}
    further = {one.account: one.domain for one in ctx.match(AccountDomain, "domain", domains)}
    others = ctx.match(Account, "id", list(further))
    return found | {o.id: further[o.id] for o in others if not o.trashed and o.id not in found}


def _candidate(field: str, row_id: UUID) -> Values:
    told = "Another one has it."
    return {"field": field, "pointer": f"/{field}", "message": told, "id": str(row_id)}

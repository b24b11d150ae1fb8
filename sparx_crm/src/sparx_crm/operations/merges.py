"""Merges of customers and of accounts, their log, and undoing one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sparx_core import Context, NotFound, ReferencesStay, Resource, Values, operation, scheduled
from sparx_core import move_references as move
from sparx_crm.errors.merges import AlreadyMerged, MergeStays
from sparx_crm.events.merges import (
    AccountMerged,
    AccountMergeUndone,
    CustomerMerged,
    CustomerMergeUndone,
)
from sparx_crm.models.accounts import Account, AccountDomain
from sparx_crm.models.customers import LIFECYCLE_STAGES, Customer, CustomerEmail, CustomerPhone
from sparx_crm.models.merges import MERGE_MACHINE, Merge, MergeStep
from sparx_crm.operations.accounts import accounts
from sparx_crm.operations.combining import Rules, plain, separated
from sparx_crm.operations.customers import customers
from sparx_crm.operations.merge_steps import Added, step_rows, undo_steps
from sparx_crm.operations.merging import DUPLICATES, Noun, merge_rows, soon, take_turns
from sparx_crm.operations.statistics import recount_orders
from sparx_crm.schemas.merges import MergeRequestSchema, MergeResultSchema, MergeSchema


class MergeLog(Resource):
    """Merges, which are a record of what was done by themselves."""

    audited = False


merges = MergeLog(
    "merges",
    Merge,
    MergeSchema,
    machine=MERGE_MACHINE,
    filters=("resource", "primaryId", "status", "createdAt"),
    sorts=("createdAt",),
    bulk=False,
)


@operation(
    "POST",
    "/customers/merge",
    name="merge_customers",
    module="crm",
    scope="write:crm",
    body=MergeRequestSchema,
    answer=MergeResultSchema,
    emits=[CustomerMerged],
    raises=[NotFound, AlreadyMerged, ReferencesStay],
)
def merge_customers(ctx: Context, data: Values) -> Values:
    """Make customers one: all that refers to the duplicates refers to the primary one from then
    on, whichever module's it is, and the duplicates are gone, but for their e-mails and phone
    numbers, by which the primary one is found. `dryRun` tells what would come of it.
    """
    return _merged(ctx, _NOUNS["customers"], data)


@operation(
    "POST",
    "/accounts/merge",
    name="merge_accounts",
    module="crm",
    scope="write:crm",
    body=MergeRequestSchema,
    answer=MergeResultSchema,
    emits=[AccountMerged],
    raises=[NotFound, AlreadyMerged, ReferencesStay],
)
def merge_accounts(ctx: Context, data: Values) -> Values:
    """Make accounts one, as customers are."""
    return _merged(ctx, _NOUNS["accounts"], data)


@merges.transition(
    "undo",
    emits=[CustomerMergeUndone, AccountMergeUndone],
    raises=[MergeStays, ReferencesStay],
)
def undo_merge(ctx: Context, merge: Merge) -> Merge:
    """Undo a merge: the duplicates are there again, with exactly what was theirs.

    What was changed since stays as it is: a field of the primary one that somebody set, a row that
    was deleted, or given to somebody else. `merge_stays` says why it is not possible any more.
    """
    noun = _NOUNS[merge.resource]
    take_turns(ctx)
    ids = [merge.primary, *map(UUID, merge.duplicates)]
    rows = {row.id: row for row in ctx.lock(noun.resource.model, "id", ids)}
    primary: Any = rows.get(merge.primary)
    duplicates: list[Any] = [rows[one] for one in ids[1:] if one in rows]
    values = _values_before(merge, primary) if primary is not None else {}
    reasons = _reasons(ctx, merge, primary, duplicates, values)
    if reasons:
        raise MergeStays(reasons)
    ctx.update(primary, **values)
    ctx.flush()
    customs = merge.changes.get(DUPLICATES, {})
    for one in duplicates:
        ctx.update(one, merged_into=None, custom=customs.get(str(one.id), {}))
        ctx.restore(one)
    ctx.flush()
    undo_steps(ctx, sorted(ctx.match(MergeStep, "merge", [merge.id]), key=lambda s: s.position))
    for one in (primary, *duplicates):
        noun.after(ctx, one)
    ctx.update(merge, status=MERGE_MACHINE.target("undo"), undone_at=datetime.now(UTC))
    ctx.emit(noun.undone(primary))
    return merge


@scheduled
def move_late_references(ctx: Context, merge_id: UUID) -> None:
    """Move what came to refer to a duplicate by transactions that were open when it was merged."""
    take_turns(ctx)
    merge = ctx.find(Merge, merge_id, lock=True)
    if merge is None or merge.status != "merged" or merge.erased:
        return
    noun = _NOUNS[merge.resource]
    primary: Any = ctx.find(noun.resource.model, merge.primary, lock=True)
    if primary is None or primary.merged_into is not None:
        return
    for one in map(UUID, merge.duplicates):
        found = move(ctx, noun.table, one, primary.id)
        if found:
            ctx.insert_all(
                step_rows(merge.id, [*found], len(ctx.match(MergeStep, "merge", [merge.id])))
            )
            ctx.flush()
            noun.after(ctx, primary)


def _merged(ctx: Context, noun: Noun, data: Values) -> Values:
    answer, merge = merge_rows(ctx, noun, data)
    if merge is not None:
        ctx.schedule(move_late_references, merge, at=soon())
    return answer


def _values_before(merge: Merge, primary: Any) -> dict[str, Any]:
    """The fields of the primary one without what the merge brought."""
    columns: dict[str, Any] = type(primary)._meta.fields
    found = {}
    for name, change in merge.changes.items():
        if name not in columns:
            continue
        now = plain(getattr(primary, name), columns[name])
        back = separated(now, change["before"], change["after"])
        if back != now:
            found[name] = columns[name].python_value(back)
    return found


def _reasons(
    ctx: Context, merge: Merge, primary: Any, duplicates: list[Any], values: Values
) -> list[dict[str, Any]]:
    """Why a merge cannot be undone."""
    if merge.erased:
        return [{"reason": "erased", "id": merge.primary}]
    if primary is None or (primary.trashed and primary.merged_into is None):
        return [{"reason": "primary_deleted", "id": merge.primary}]
    if primary.merged_into is not None:
        into = {"mergedInto": primary.merged_into}
        return [{"reason": "primary_merged", "id": merge.primary, **into}]
    there = {one.id for one in duplicates if one.merged_into == merge.primary}
    reasons: list[dict[str, Any]] = [
        {"reason": "duplicate_changed", "id": one}
        for one in map(UUID, merge.duplicates)
        if one not in there
    ]
    emails = [one.email for one in duplicates if getattr(one, "email", None)]
    for other in ctx.match(Customer, "email", emails) if emails else ():
        email = values.get("email", primary.email) if other.id == merge.primary else other.email
        if not other.trashed and email in emails:
            reasons.append({"reason": "email_taken", "id": other.id})
    return reasons


# -- what is particular of customers and accounts ----------------------------------------------


def _nothing_before(ctx: Context, primary: Customer, duplicates: Any) -> None:
    """Customers are not above each other."""


def _add_contacts(ctx: Context, primary: Customer, duplicate: Customer) -> list[Added]:
    """What a duplicate was reached by is a further address of the primary one."""
    return [
        *_added(ctx, primary, CustomerEmail, ("customer", "email"), duplicate.email),
        *_added(ctx, primary, CustomerPhone, ("customer", "phone"), duplicate.phone),
    ]


def _add_domain(ctx: Context, primary: Account, duplicate: Account) -> list[Added]:
    return _added(ctx, primary, AccountDomain, ("account", "domain"), duplicate.domain)


def _added(
    ctx: Context, primary: Any, model: Any, names: tuple[str, str], value: str | None
) -> list[Added]:
    by, name = names
    there = ctx.match(model, by, [primary.id])
    if value is None or value in {getattr(primary, name), *(getattr(one, name) for one in there)}:
        return []
    place = max((one.position for one in there), default=-1) + 1
    row = ctx.insert(model(**{by: primary.id, name: value, "position": place}))
    ctx.flush()
    return [Added(f"crm.{model._meta.table_name}", (row.id,))]


def _rise(ctx: Context, primary: Account, duplicates: Any) -> None:
    """Nobody is above himself: an account that was below a duplicate goes above it."""
    ctx.transaction.take_turns("the tree of accounts")
    gone, above, found = {one.id for one in duplicates}, primary.parent, primary.parent
    seen: set[Any] = set()
    while above is not None and above not in seen:
        seen.add(above)
        account = ctx.find(Account, above)
        parent = None if account is None else account.parent
        if above in gone:
            found = parent
        above = parent
    ctx.update(primary, parent=found)
    ctx.flush()


def _nothing_after(ctx: Context, account: Account) -> None:
    """Nothing of an account follows from what refers to it."""


_NOUNS = {
    "customers": Noun(
        customers,
        Rules(
            kept=frozenset(
                ["currency", "order_count", "total_spent", "first_order_at", "last_order_at"]
            ),
            weak={"type": "prospect"},
            ranked={"lifecycle_stage": LIFECYCLE_STAGES},
            together=("name", "first_name", "last_name"),
        ),
        CustomerMerged,
        CustomerMergeUndone,
        _nothing_before,
        _add_contacts,
        recount_orders,
    ),
    "accounts": Noun(
        accounts,
        Rules(kept=frozenset({"parent"})),
        AccountMerged,
        AccountMergeUndone,
        _rise,
        _add_domain,
        _nothing_after,
    ),
}

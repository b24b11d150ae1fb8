"""Showing all that there is of a customer, and erasing it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marshmallow import fields

from sparx_core import (
    CalendarDate,
    Choice,
    Context,
    Currency,
    Flag,
    Id,
    NotFound,
    Related,
    Resource,
    Timestamp,
    ValidationFailed,
    Values,
    WholeNumber,
    blank_columns,
    keyed_digest,
    operation,
    redact,
    remove_rows,
    rendered,
    resource_of,
    shown_rows,
)
from sparx_crm.errors.merges import AlreadyMerged
from sparx_crm.errors.privacy import CustomerErased
from sparx_crm.events.privacy import CustomerForgotten
from sparx_crm.models.customers import Customer, CustomerPhone
from sparx_crm.models.merges import Merge, MergeStep
from sparx_crm.models.privacy import ErasedEmail, Erasure
from sparx_crm.operations.customers import customers
from sparx_crm.operations.merging import take_turns
from sparx_crm.operations.personal import (
    WHOLE,
    addresses_of,
    belongings,
    blanks,
    personal_fields,
    texts_of,
)
from sparx_crm.schemas.privacy import (
    ErasureRequestSchema,
    ErasureResultSchema,
    ErasureSchema,
    PersonalDataSchema,
)

#: What is shown of a row that tells nothing of a person.
_IMPERSONAL = (Related, Id, Choice, Currency, Flag, WholeNumber, Timestamp, CalendarDate)

erasures = Resource(
    "erasures", Erasure, ErasureSchema, filters=("customerId", "createdAt"), bulk=False
)


@erasures.delete(raises=[])
def delete_erasure(ctx: Context, erasure: Erasure) -> None:
    """Let the addresses of somebody who was erased be used again, as that person wishes. What was
    erased stays so.
    """
    ctx.delete(erasure)


@operation(
    "GET",
    "/customers/{id}/export",
    name="export_customer",
    module="crm",
    scope="read:crm",
    answer=PersonalDataSchema,
    raises=[NotFound, AlreadyMerged, CustomerErased],
)
def export_customer(ctx: Context, id: str) -> Values:
    """All personal data of a customer in one document: itself, those that were merged into it, and
    the rows of every active module that refer to it, or to what refers to it.
    """
    customer = _customer(ctx, id)
    related = belongings(ctx, [customer.id, *_merged(ctx, customer)])
    return {
        "customerId": customer.id,
        "exportedAt": datetime.now(UTC),
        "customer": rendered(ctx, customers, customer),
        "related": {table: shown_rows(ctx, table, ids) for table, ids in related.items()},
    }


@operation(
    "POST",
    "/customers/{id}/erase",
    name="erase_customer",
    module="crm",
    scope="write:crm",
    body=ErasureRequestSchema,
    answer=ErasureResultSchema,
    emits=[CustomerForgotten],
    raises=[NotFound, AlreadyMerged, CustomerErased],
)
def erase_customer(ctx: Context, id: str, data: Values) -> Values:
    """Forget a customer: what is personal is gone from its row, from whatever refers to it, and
    from what is remembered of the past; amounts, taxes and numbers of orders stay.

    Notes, activities, tasks and consents are deleted. Nobody gets its e-mail addresses again, and
    merges with it cannot be undone. Not to be undone itself.
    """
    take_turns(ctx)
    customer = _customer(ctx, id, lock=True)
    if not data.get("confirm"):
        raise ValidationFailed([("confirm", "Must be true: this cannot be undone.")])
    people = [customer.id, *_merged(ctx, customer)]
    personal = personal_fields(ctx)
    rows = {**belongings(ctx, people), "crm.customers": people}
    addresses = addresses_of(ctx, people)
    needles = _needles(ctx, people)
    removed, blanked = _forget(ctx, rows, personal)
    erasure = Erasure(
        customer=customer.id, actor=str(ctx.actor), rows_removed=removed, rows_blanked=blanked
    )
    ctx.insert(erasure)
    digests = [keyed_digest(ctx, one) for one in addresses]
    ctx.insert_all(ErasedEmail(erasure=erasure.id, digest=one) for one in digests)
    _close_merges(ctx, people)
    left = ctx.get(Customer, customer.id)
    ctx.update(left, erased_at=datetime.now(UTC), do_not_contact=True)
    ctx.flush()
    ctx.delete(left)
    ctx.flush()
    subjects = [one for ids in rows.values() for one in ids]
    redacted = redact(ctx, subjects, _overlays(ctx, rows, personal), needles)
    ctx.emit(CustomerForgotten(left))
    return {
        "erasureId": erasure.id,
        "customerId": customer.id,
        "rowsRemoved": removed,
        "rowsBlanked": blanked,
        "eventsRedacted": redacted,
    }


def _customer(ctx: Context, given: str, *, lock: bool = False) -> Customer:
    """The customer, also one in the trash: deleting is not forgetting."""
    try:
        row_id = UUID(given)
    except ValueError:
        raise NotFound from None
    customer = ctx.get(Customer, row_id, lock=lock)
    if customer.merged_into is not None:
        raise AlreadyMerged(customer.id, customer.merged_into)
    if customer.erased_at is not None:
        raise CustomerErased
    return customer


def _merged(ctx: Context, customer: Customer) -> list[UUID]:
    """Those that were merged into it; merging moves the ones that were merged into them as well."""
    return [one.id for one in ctx.match(Customer, "merged_into", [customer.id])]


def _needles(ctx: Context, people: list[UUID]) -> set[str]:
    """What somebody would be known by in the events of the past: addresses, numbers and names."""
    found = set(addresses_of(ctx, people))
    for one in ctx.match(Customer, "id", people):
        for name in ("name", "first_name", "last_name", "phone"):
            found |= texts_of(getattr(one, name))
        for address in one.addresses:
            found |= texts_of({k: v for k, v in address.items() if k in ("line1", "recipientName")})
    return found | {one.phone for one in ctx.match(CustomerPhone, "customer", people)}


def _forget(
    ctx: Context, rows: Mapping[str, list[UUID]], personal: Mapping[str, Any]
) -> tuple[int, int]:
    """Delete and empty rows: how many of each."""
    removed = blanked = 0
    for table, ids in rows.items():
        told = personal.get(table, ())
        if told == WHOLE:
            remove_rows(ctx, table, ids)
            removed += len(ids)
        elif told:
            blank_columns(ctx, table, ids, blanks(ctx, table, told))
            blanked += len(ids)
    return removed, blanked


def _overlays(
    ctx: Context, rows: Collection[str], personal: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What fields are in events of the past from now on, by resource, as on the wire."""
    overlays: dict[str, dict[str, Any]] = {}
    for table in rows:
        told, resource = personal.get(table, ()), resource_of(ctx, table)
        if not told or resource is None:
            continue
        left = {} if told == WHOLE else blanks(ctx, table, told)
        overlay = {}
        for field in resource.schema().fields.values():
            name = str(field.attribute or field.name)
            if told == WHOLE and isinstance(field, _IMPERSONAL):
                continue
            if told == WHOLE or name in left:
                empty: Any = [] if isinstance(field, fields.List) else None
                overlay[str(field.data_key)] = left.get(name, empty)
        overlays[resource.key] = overlay
    overlays.setdefault("crm.customers", {}).update(
        {"otherEmails": [], "otherPhones": [], "consent": []}
    )
    return overlays


def _close_merges(ctx: Context, people: list[UUID]) -> None:
    """What is kept to undo merges of somebody who is erased is forgotten as well."""
    for merge in ctx.match(Merge, "primary", people):
        ctx.update(merge, changes={}, erased=True)
        for step in ctx.match(MergeStep, "merge", [merge.id]):
            ctx.delete(step)
    ctx.flush()

"""Whoever was forgotten is not remembered by the back door."""

from __future__ import annotations

from typing import Any

from sparx_core import Context, Event, guard, keyed_digest
from sparx_crm.errors.privacy import CustomerErased, EmailErased
from sparx_crm.models.customers import CustomerEmail
from sparx_crm.models.privacy import ErasedEmail, Erasure


@guard("customer.created", raises=[EmailErased])
def refuse_erased_email(ctx: Context, event: Event) -> None:
    """Nobody gets the address of somebody who was erased: by hand, batch or import."""
    _check(ctx, event.row)


@guard("customer.updated", raises=[EmailErased])
def refuse_erased_email_again(ctx: Context, event: Event) -> None:
    """The same for a customer who was there before."""
    _check(ctx, event.row)


@guard("customer.restored", raises=[CustomerErased])
def refuse_return_of_erased(ctx: Context, event: Event) -> None:
    """Who was erased does not come back out of the trash."""
    row: Any = event.row
    if row.erased_at is not None:
        raise CustomerErased


def _check(ctx: Context, customer: Any) -> None:
    if ctx.first(Erasure.select(Erasure.id).limit(1)) is None:
        return
    further = ctx.match(CustomerEmail, "customer", [customer.id])
    emails = [one for one in (customer.email, *(one.email for one in further)) if one]
    digests = [keyed_digest(ctx, one) for one in emails]
    found = ctx.match(ErasedEmail, "digest", digests) if digests else []
    if found:
        raise EmailErased(details={"erasureId": found[0].erasure})

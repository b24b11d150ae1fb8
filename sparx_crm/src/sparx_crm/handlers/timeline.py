"""What happens becomes entries of timelines: of events by name, those of other modules as well."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sparx_core import Context, Occurrence, on
from sparx_crm.models.activities import LINKS, Activity
from sparx_crm.operations.activities import record_activity

#: Changes of detail are in the audit log, and what is gone has no timeline.
UNTOLD = frozenset({"updated", "deleted", "purged", "erased"})
#: What of a payload an entry shows, as far as it is there.
DETAILS = (
    *("orderNumber", "quoteNumber", "number", "title", "name", "subject", "status"),
    *("paymentStatus", "total", "amount", "value", "currency", "probability", "lostReason"),
    *("stageId", "previousStageId", "pipelineId", "trackingNumber", "quoteId", "orderId"),
)
_CALLED = ("orderNumber", "quoteNumber", "number", "title", "name", "subject")


@on("order.*")
def record_order_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to an order."""
    _record(ctx, event, "order")


@on("deal.*")
def record_deal_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to a deal."""
    _record(ctx, event, "deal")


@on("quote.*")
def record_quote_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to a quote."""
    _record(ctx, event, "quote")


@on("customer.*")
def record_customer_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to a customer."""
    _record(ctx, event, "customer")


@on("account.*")
def record_account_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to an account."""
    _record(ctx, event, "account")


@on("lead.*")
def record_lead_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to a lead; what it became has its timeline from then on."""
    _record(ctx, event, "lead")
    if event.type == "lead.converted":
        _hand_over(ctx, event)


@on("payment.*")
def record_payment_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to a payment to its order's timeline."""
    _record(ctx, event, None)


@on("refund.*")
def record_refund_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to a refund to its order's timeline."""
    _record(ctx, event, None)


@on("fulfillment.*")
def record_fulfillment_event(ctx: Context, event: Occurrence) -> None:
    """Append what was sent, or arrived, to its order's timeline."""
    _record(ctx, event, None)


@on("return.*")
def record_return_event(ctx: Context, event: Occurrence) -> None:
    """Append what came back to its order's timeline."""
    _record(ctx, event, None)


@on("task.completed")
def record_task_event(ctx: Context, event: Occurrence) -> None:
    """Append that something was done."""
    _record(ctx, event, None)


@on("email.*")
def record_email_event(ctx: Context, event: Occurrence) -> None:
    """Append what happened to an e-mail, if its event says whose it is: ``customerId``."""
    _record(ctx, event, None)


def _record(ctx: Context, event: Occurrence, noun: str | None) -> None:
    """Append an event about a ``noun`` to its timeline, and to those of what it names."""
    if event.type.rpartition(".")[2] in UNTOLD:
        return
    links = {name: found for name in LINKS if (found := _id(event.data.get(f"{name}Id")))}
    if noun is not None:
        links.setdefault(noun, event.aggregate_id)
    data = event.data
    told = {name: data[name] for name in DETAILS if _is_plain(data.get(name))}
    record_activity(ctx, event, links, subject=_subject(event), details=told)


def _subject(event: Occurrence) -> str:
    """``Order 1001 created``: for people, and no text to search for."""
    noun, _, verb = event.type.partition(".")
    name = next((str(event.data[key]) for key in _CALLED if event.data.get(key)), "")
    words = (noun.capitalize(), name, verb.replace("_", " ").replace(".", " "))
    return " ".join(word for word in words if word)


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError):
        return None


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, dict | list)


def _hand_over(ctx: Context, event: Occurrence) -> None:
    """Link the entries of a lead to what it became, where they are linked to nobody else."""
    for name in ("customer", "account", "deal"):
        became = _id(event.data.get(f"{name}Id"))
        column = getattr(Activity, name)
        if became is not None:
            ctx.run(
                Activity.update({column: became}).where(
                    Activity.lead == event.aggregate_id, column.is_null()
                )
            )

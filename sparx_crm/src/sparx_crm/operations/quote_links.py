"""What buyers do with the link to a quote."""

from __future__ import annotations

from datetime import UTC, datetime

from sparx_core import Context, FileAnswer, InvalidTransition, Values
from sparx_crm.errors.quotes import QuoteChanged, QuoteIsExpired
from sparx_crm.events.quotes import (
    QuoteAccepted,
    QuoteDeclined,
    QuoteRenegotiationRequested,
    QuoteViewed,
)
from sparx_crm.models.quotes import Quote
from sparx_crm.operations.quote_files import file_of
from sparx_crm.operations.quote_transitions import accept, decline, renegotiate
from sparx_crm.public_quotes import public_quotes
from sparx_crm.schemas.quotes import (
    DeclineSchema,
    RenegotiationSchema,
    SignatureSchema,
    machine,
)


@public_quotes.show(emits=[QuoteViewed])
def view_quote(ctx: Context, quote: Quote) -> Quote:
    """Show the quote that the link is to, as the buyer may see it, whatever became of it. The first
    time is noted.
    """
    if quote.viewed_at is None and quote.status == "sent":
        ctx.update(quote, viewed_at=datetime.now(UTC))
        ctx.emit(QuoteViewed(quote))
    return quote


@public_quotes.by_link(
    "accept",
    body=SignatureSchema,
    emits=[QuoteAccepted],
    raises=[InvalidTransition, QuoteIsExpired, QuoteChanged],
)
def accept_by_link(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Accept the quote, once. What is kept is the name, the time, the address of the request, and
    the hash of the contents.
    """
    machine.check(quote, "accept")
    return accept(ctx, quote, data)


@public_quotes.by_link(
    "decline", body=DeclineSchema, emits=[QuoteDeclined], raises=[InvalidTransition]
)
def decline_by_link(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Decline the quote, with a reason."""
    machine.check(quote, "decline")
    return decline(ctx, quote, data)


@public_quotes.by_link(
    "request_renegotiation",
    body=RenegotiationSchema,
    emits=[QuoteRenegotiationRequested],
    raises=[InvalidTransition],
)
def renegotiate_by_link(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Ask for other terms. The seller may answer with a further version."""
    machine.check(quote, "request_renegotiation")
    return renegotiate(ctx, quote, data)


@public_quotes.file_by_link("pdf", media_type="application/pdf")
def pdf_by_link(ctx: Context, quote: Quote) -> FileAnswer:
    """The quote as a PDF."""
    return file_of(ctx, quote)

"""Quotes as files."""

from __future__ import annotations

from sparx_core import Context, FileAnswer
from sparx_crm.models.accounts import Account
from sparx_crm.models.customers import Customer
from sparx_crm.models.quotes import Quote
from sparx_crm.operations.quotes import quotes
from sparx_crm.quote_contents import load_items


@quotes.file("pdf", media_type="application/pdf")
def quote_pdf(ctx: Context, quote: Quote) -> FileAnswer:
    """The quote as a PDF: to the byte the same until the quote, or the buyer's name, changes."""
    return file_of(ctx, quote)


def file_of(ctx: Context, quote: Quote) -> FileAnswer:
    """The PDF of a quote, with the names that buyer and seller have now."""
    account = ctx.find(Account, quote.account) if quote.account else None
    customer = ctx.find(Customer, quote.customer) if quote.customer else None
    buyer = [one.name for one in (account, customer) if one is not None]
    # The libraries behind it take half a second to load: processes that make no PDF do without.
    from sparx_crm.quote_pdf import make_pdf

    content = make_pdf(ctx.tenant.name, buyer, quote, load_items(ctx, quote))
    name = f"quote-{quote.number}-{quote.revision}.pdf"
    return FileAnswer(content, "application/pdf", name)

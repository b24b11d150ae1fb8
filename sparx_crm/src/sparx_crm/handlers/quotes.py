"""The days of quotes go by."""

from __future__ import annotations

from datetime import UTC, datetime

from sparx_core import Context, every
from sparx_crm.events.quotes import QuoteExpired
from sparx_crm.models.quotes import Quote

#: Quotes in one run; the others are the next one's.
_AT_ONCE = 1000


@every(minutes=15)
def expire_quotes(ctx: Context) -> None:
    """Let quotes expire that were sent and whose last day is over where the tenant is.

    Nothing that has another state is touched: rows are looked at again once they are locked, so
    that a buyer who accepts in the same moment has accepted, or was too late. Each expires once.
    """
    today = ctx.today()
    over = (Quote.status == "sent") & (Quote.valid_until < today)
    due = Quote.select(Quote.id).where(over).order_by(Quote.id).limit(_AT_ONCE)
    found = [row.id for row in ctx.all(due)]
    now = datetime.now(UTC)
    for quote in ctx.lock(Quote, "id", found):
        if quote.status == "sent" and quote.valid_until < today:
            ctx.update(quote, status="expired", expired_at=now)
            ctx.emit(QuoteExpired(quote))

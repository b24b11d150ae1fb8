"""An accepted quote becomes an order, or several of parts of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sparx_core import Context, InvalidTransition, Shown, ValidationFailed, Values
from sparx_crm.events.orders import OrderCreated
from sparx_crm.events.quotes import QuoteConverted
from sparx_crm.models.quotes import Quote, QuoteItem
from sparx_crm.operations.orders import place_order
from sparx_crm.operations.quotes import quotes
from sparx_crm.pricing import share
from sparx_crm.quote_contents import load_items, sent_items, sent_shipping
from sparx_crm.schemas.quotes import ConversionSchema, ConvertedSchema


@quotes.transition(
    "convert",
    body=ConversionSchema,
    answer=ConvertedSchema,
    emits=[QuoteConverted, OrderCreated],
    raises=[ValidationFailed, InvalidTransition],
)
def convert_quote(ctx: Context, quote: Quote, data: Values) -> Shown:
    """Make an order of an accepted quote: the same lines, discounts, taxes and totals, whatever
    things cost by now. `orderId` in the answer is the order.

    With `items` an order is made of a part, and the quote is `partially_ordered` until nothing is
    left of it; shipping goes with the first order. A quote that is `ordered` is not converted
    again: `invalid_transition`, and `include=orders` shows what became of it.
    """
    customer = quote.customer or data.get("customer")
    if customer is None:
        raise ValidationFailed([("customerId", "The quote is for an account: who orders?")])
    lines = load_items(ctx, quote)
    wanted = _wanted(lines, data.get("items"))
    whole = quote.conversions == 0 and all(
        wanted.get(place) == line.quantity for place, line in enumerate(lines)
    )
    body = _whole(quote, lines) if whole else _part(quote, lines, wanted)
    number = quote.conversions + 1
    order = place_order(
        ctx,
        {
            **body,
            "customer": customer,
            "currency": quote.currency,
            "account": quote.account,
            "deal": quote.deal,
            "quote": quote.id,
            "quote_conversion": number,
        },
    )
    for place, quantity in wanted.items():
        line = lines[place]
        ctx.update(line, quantity_ordered=line.quantity_ordered + quantity)
    rest = any(line.quantity_ordered < line.quantity for line in lines)
    status = "partially_ordered" if rest else "ordered"
    ctx.update(quote, status=status, conversions=number)
    ctx.emit(QuoteConverted(quote))
    return Shown(quote, {"orderId": order.id})


def _wanted(lines: Sequence[QuoteItem], items: Sequence[Values] | None) -> dict[int, int]:
    """How many pieces of which line; ``ValidationFailed`` for more than there are left."""
    left = [line.quantity - line.quantity_ordered for line in lines]
    if items is None:
        return {place: quantity for place, quantity in enumerate(left) if quantity}
    wanted: dict[int, int] = {}
    problems = []
    for number, item in enumerate(items):
        place, quantity = item["line"], item["quantity"]
        if place >= len(lines) or place in wanted:
            told = "Named twice." if place in wanted else "The quote has no such line."
            problems.append((f"items[{number}].line", told))
            continue
        if quantity > left[place]:
            problems.append((f"items[{number}].quantity", f"Only {left[place]} are left."))
        wanted[place] = quantity
    if problems:
        raise ValidationFailed(problems)
    return wanted


def _whole(quote: Quote, lines: Sequence[QuoteItem]) -> Values:
    return {
        "items": sent_items(lines),
        "shipping_lines": sent_shipping(quote),
        "discount_amount": quote.discount_amount,
        "total": quote.total,
    }


def _part(quote: Quote, lines: Sequence[QuoteItem], wanted: Mapping[int, int]) -> Values:
    """Pieces of lines with their part of the discounts: the parts add up to what the quote says,
    because each is what all pieces up to there are given, less what those before were.
    """
    items = []
    for place, item in enumerate(sent_items(lines)):
        if place not in wanted:
            continue
        line, quantity = lines[place], wanted[place]
        given = line.discount_amount + line.allocated_discount
        upto, before = (
            share(given, pieces, line.quantity, quote.currency)
            for pieces in (line.quantity_ordered + quantity, line.quantity_ordered)
        )
        items.append({**item, "quantity": quantity, "discount_amount": upto - before})
    shipping = sent_shipping(quote) if quote.conversions == 0 else []
    return {"items": items, "shipping_lines": shipping, "discount_amount": Decimal(0)}

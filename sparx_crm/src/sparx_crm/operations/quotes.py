"""Quotes: drafted and changed. What becomes of them is in the modules beside this one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sparx_core import Context, Resource, ValidationFailed, Values
from sparx_crm.errors.quotes import QuoteLocked
from sparx_crm.events.quotes import QuoteCreated, QuoteUpdated
from sparx_crm.models.quotes import Quote
from sparx_crm.pricing import price_body
from sparx_crm.quote_contents import items_of, load_items, sent_items, sent_shipping, totals_of
from sparx_crm.schemas.quotes import QuoteSchema, machine

#: Days for which a quote is valid, unless it is told.
VALID_DAYS = 30
#: Days that a quote may name: none so far away that nothing can be counted from there.
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
#: What a quote costs depends on these.
_PRICING = frozenset({"items", "shipping_lines", "discount_amount", "currency"})

quotes = Resource(
    "quotes",
    Quote,
    QuoteSchema,
    machine=machine,
    search=("quoteNumber", "customer", "account"),
    filters=(
        "quoteNumber", "revision", "status", "customerId", "accountId", "dealId", "ownerId",
        "currency", "total", "issueDate", "validUntil", "createdAt",
    ),
    sorts=("createdAt", "quoteNumber", "total", "validUntil"),
    custom_fields=True,
)  # fmt: skip


@quotes.create(emits=[QuoteCreated], raises=[ValidationFailed])
def create_quote(ctx: Context, data: Values) -> Quote:
    """Draft a quote for a customer, an account or both; the server computes the totals and gives
    the number.

    ``currency`` is the tenant's if absent.
    """
    data.setdefault("currency", ctx.tenant.currency)
    data.setdefault("issue_date", ctx.today())
    check_days(data)
    data.setdefault("valid_until", data["issue_date"] + timedelta(days=VALID_DAYS))
    quote = draft(ctx, data)
    ctx.emit(QuoteCreated(quote))
    return quote


def draft(ctx: Context, data: Values, **more: Any) -> Quote:
    """Insert a draft with its lines, as ``data``, a body that says all that it has to."""
    _check(data, data)
    priced = price_body(data["currency"], data)
    values = {name: value for name, value in data.items() if name not in ("items",)}
    values |= totals_of(priced, data["currency"])
    values.setdefault("discount_amount", Decimal(0))
    quote = ctx.insert(Quote(author=str(ctx.actor), **{**values, **more}))
    ctx.insert_all(items_of(quote, data["items"], priced))
    return quote


@quotes.update(emits=[QuoteUpdated], raises=[ValidationFailed, QuoteLocked])
def update_quote(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Change a draft; `items` and `shippingLines` replace those that there are.

    What is no draft any more is not changed: `revise` makes a further version of it.
    """
    if quote.status != "draft":
        raise QuoteLocked(details={"status": quote.status})
    check_days(data)
    _check({**vars_of(quote), **data}, data)
    version, replaced = quote.version, False
    values = {name: value for name, value in data.items() if name not in _PRICING}
    if data.keys() & _PRICING:
        replaced = _reprice(ctx, quote, data, values)
    changed = any(getattr(quote, name) != value for name, value in values.items())
    if not (changed or replaced):
        return quote
    ctx.update(quote, **values)
    if not changed:  # the lines are a part of the quote, which has a version of its own
        ctx.run(Quote.update(version=version + 1).where(Quote.id == quote.id))
        quote.version = version + 1
    ctx.emit(QuoteUpdated(quote))
    return quote


def _reprice(ctx: Context, quote: Quote, data: Values, values: Values) -> bool:
    """Price a draft anew: ``values`` get what it comes to. Whether its lines were replaced."""
    present = load_items(ctx, quote)
    body = {
        "items": data.get("items", sent_items(present)),
        "shipping_lines": data.get("shipping_lines", sent_shipping(quote)),
        "discount_amount": data.get("discount_amount", quote.discount_amount),
        "currency": data.get("currency", quote.currency),
    }
    priced = price_body(body["currency"], body)
    values |= {name: body[name] for name in ("discount_amount", "currency")}
    values |= totals_of(priced, body["currency"])
    lines = items_of(quote, body["items"], priced)
    if [_told(one) for one in lines] == [_told(one) for one in present]:
        return False
    for one in present:
        ctx.delete(one)
    ctx.flush()
    ctx.insert_all(lines)
    return True


def _told(line: Any) -> Values:
    """What a line says, the same for one that is stored and one that is not yet."""
    standard: Values = {"description": None, "product_id": None, "variant_id": None, "metadata": {}}
    standard |= {"discount_amount": Decimal(0), "tax_inclusive": False, "taxes": []}
    standard |= {"allocated_discount": Decimal(0), "tax": Decimal(0)}
    names = ("sku", "name", "quantity", "unit_price", "total", *standard)
    return {name: line.__data__.get(name, standard.get(name)) for name in names}


def vars_of(quote: Quote) -> Values:
    """The columns of a quote."""
    return dict(quote.__data__)


def check_days(sent: Values) -> None:
    """Refuse days that are out of all proportion."""
    problems = [
        (wire, f"Must be from {_FIRST_DAY} to {_LAST_DAY}.")
        for name, wire in (("issue_date", "issueDate"), ("valid_until", "validUntil"))
        if name in sent and not _FIRST_DAY <= sent[name] <= _LAST_DAY
    ]
    if problems:
        raise ValidationFailed(problems)


def _check(whole: Values, sent: Values) -> None:
    """What no single field tells: who it is for, and from when to when it is valid."""
    problems = []
    if whole.get("customer") is None and whole.get("account") is None:
        problems.append(("customerId", "Either customerId or accountId is required."))
    if whole["valid_until"] < whole["issue_date"]:
        name = "validUntil" if "valid_until" in sent or "issue_date" not in sent else "issueDate"
        problems.append((name, "validUntil must not be before issueDate."))
    if problems:
        raise ValidationFailed(problems)

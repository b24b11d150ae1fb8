"""What a quote offers: its lines as columns, as a body again, and as the hash that is accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sparx_core import Context, Values
from sparx_crm.models.quotes import Quote, QuoteItem
from sparx_crm.order_lines import line_columns, total_columns
from sparx_crm.pricing import PricedOrder

#: What a client says of a line, beside its taxes.
_SENT = (
    "sku", "name", "description", "product_id", "variant_id", "quantity", "unit_price",
    "discount_amount", "tax_inclusive", "metadata",
)  # fmt: skip
#: What the hash covers of the quote, beside its lines.
_HASHED = (
    "number", "revision", "currency", "subtotal", "discount_total", "shipping_total", "tax_total",
    "included_tax_total", "total", "issue_date", "valid_until", "terms", "customer_note",
    "shipping_lines",
)  # fmt: skip
_HASHED_LINE = (
    "sku", "name", "description", "quantity", "unit_price", "discount_amount",
    "allocated_discount", "taxes", "tax_inclusive", "tax", "total",
)  # fmt: skip


def totals_of(priced: PricedOrder, currency: str) -> Values:
    """The columns of a quote that are computed."""
    found = total_columns(priced, currency, whole=True)
    return {name: value for name, value in found.items() if name != "tax_lines"}


def items_of(quote: Quote, items: Sequence[Values], priced: PricedOrder) -> list[QuoteItem]:
    """The rows of a quote's lines."""
    return [
        QuoteItem(quote=quote.id, position=position, **line_columns(item, line))
        for position, (item, line) in enumerate(zip(items, priced.lines, strict=True))
    ]


def load_items(ctx: Context, quote: Quote) -> list[QuoteItem]:
    """The lines of a quote, in order."""
    query = QuoteItem.select().where(QuoteItem.quote == quote.id).order_by(QuoteItem.position)
    return ctx.all(query)


def sent_items(items: Sequence[QuoteItem]) -> list[Values]:
    """Lines as a client sends them: what they cost is computed of it again."""
    return [
        {name: getattr(one, name) for name in _SENT} | {"taxes": _sent_taxes(one.taxes)}
        for one in items
    ]


def sent_shipping(quote: Quote) -> list[Values]:
    """Shipping lines as a client sends them."""
    return [
        {name: one[name] for name in ("name", "amount", "taxInclusive")}
        | {"taxes": _sent_taxes(one["taxes"])}
        for one in quote.shipping_lines
    ]


def content_hash(quote: Quote, items: Sequence[QuoteItem], **changes: Any) -> str:
    """The SHA-256 of everything that a buyer agrees to, once the quote has ``changes``."""
    told = {name: _plain(changes.get(name, getattr(quote, name))) for name in _HASHED}
    lines = [{name: _plain(getattr(one, name)) for name in _HASHED_LINE} for one in items]
    text = json.dumps({**told, "items": lines}, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _sent_taxes(taxes: Sequence[Mapping[str, Any]]) -> list[Values]:
    return [{"name": one["name"], "rate": one["rate"]} for one in taxes]


def _plain(value: Any) -> Any:
    """A value in the one form that is hashed: 2316.00 and 2316.0000 are the same amount."""
    if isinstance(value, dict):
        return {name: _plain(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | str):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return format(value.normalize(), "f") if hasattr(value, "normalize") else str(value)

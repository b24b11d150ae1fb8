"""What lines cost: pure functions of decimals, the same for orders, quotes and carts.

The policy, which every total of Sparx follows:

1. The base of a line is ``unit price x quantity``, rounded once to the digits of the currency,
   half up (away from zero). Its own discount is taken off, then its share of the discount of the
   whole, which is at most what the lines come to.
2. Shares are allocated in minor units by largest remainder, in proportion to what the lines come
   to; of equal remainders the first line's is rounded up. Shares add up to the discount.
3. Tax is computed for each line and each rate, and rounded there: on top of the price, or out of
   it if the price includes it. Shipping is lines of its own, which no discount touches.
4. Totals are sums of what is rounded already. So, always, to the last digit:
   ``subtotal - discount + shipping + tax - included tax = total``.
5. A refund of some of a line's pieces is what the line cost up to there, rounded, less what was
   given back before: all pieces together come to exactly what the line cost.
"""

from sparx_crm.pricing.allocation import allocate, share
from sparx_crm.pricing.bodies import Priced, price_body, price_items
from sparx_crm.pricing.lines import (
    Charge,
    Line,
    PricedCharge,
    PricedLine,
    PricedOrder,
    Tax,
    TaxAmount,
    price_lines,
)
from sparx_crm.pricing.refunds import refund_of
from sparx_crm.pricing.stored import stored_shipping, stored_taxes

__all__ = [
    "Charge",
    "Line",
    "Priced",
    "PricedCharge",
    "PricedLine",
    "PricedOrder",
    "Tax",
    "TaxAmount",
    "allocate",
    "price_body",
    "price_items",
    "price_lines",
    "refund_of",
    "share",
    "stored_shipping",
    "stored_taxes",
]

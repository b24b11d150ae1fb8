"""The CRM: the customer and order spine that other modules refer to.

Other modules refer to ``crm.customers`` and ``crm.orders`` and may call what is named here.
"""

from sparx_crm.models.accounts import Account
from sparx_crm.models.customers import Customer
from sparx_crm.models.deals import Deal
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.models.quotes import Quote, QuoteItem
from sparx_crm.operations.activities import record_activity
from sparx_crm.operations.deals import (
    create_deal,
    lose_deal,
    move_deal,
    reopen_deal,
    update_deal,
    win_deal,
)
from sparx_crm.operations.finding import find_customer, find_or_create_customer
from sparx_crm.operations.orders import place_order, price_order_lines
from sparx_crm.operations.quote_conversion import convert_quote
from sparx_crm.operations.quotes import create_quote

__all__ = [
    "Account",
    "Customer",
    "Deal",
    "Order",
    "OrderItem",
    "Quote",
    "QuoteItem",
    "convert_quote",
    "create_deal",
    "create_quote",
    "find_customer",
    "find_or_create_customer",
    "lose_deal",
    "move_deal",
    "place_order",
    "price_order_lines",
    "record_activity",
    "reopen_deal",
    "update_deal",
    "win_deal",
]

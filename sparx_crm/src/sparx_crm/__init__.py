"""The CRM: the customer and order spine that other modules refer to.

Other modules refer to ``crm.customers`` and ``crm.orders`` and may call what is named here.
"""

from sparx_crm.models.customers import Customer
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.operations.orders import place_order

__all__ = ["Customer", "Order", "OrderItem", "place_order"]

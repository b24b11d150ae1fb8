"""What happens to orders."""

from __future__ import annotations

from sparx_core import Event


class OrderCreated(Event):
    """An order was placed: its totals are computed, its number is given."""

    name, resource = "order.created", "crm.orders"


class OrderUpdated(Event):
    """Addresses, notes or other details of an order were changed, and nothing that it costs."""

    name, resource, detail = "order.updated", "crm.orders", True


class OrderEdited(Event):
    """What was ordered was changed: its items, discounts or shipping, and so its totals."""

    name, resource, detail = "order.edited", "crm.orders", True


class OrderPaid(Event):
    """An order became paid: what was captured covers its total."""

    name, resource, detail = "order.paid", "crm.orders", True


class OrderFulfilled(Event):
    """All pieces of an order are shipped."""

    name, resource, detail = "order.fulfilled", "crm.orders", True


class OrderDelivered(Event):
    """All pieces of an order have arrived."""

    name, resource, detail = "order.delivered", "crm.orders", True


class OrderCancelled(Event):
    """An order was cancelled. What was authorized for it is voided, and parcels that were not
    shipped are cancelled, by a worker.
    """

    name, resource, detail = "order.cancelled", "crm.orders", True


class OrderRefunded(Event):
    """All that was captured for an order went back, and the order is over."""

    name, resource, detail = "order.refunded", "crm.orders", True


#: All of them.
ORDER_EVENTS: tuple[type[Event], ...] = (
    OrderCreated,
    OrderUpdated,
    OrderEdited,
    OrderPaid,
    OrderFulfilled,
    OrderDelivered,
    OrderCancelled,
    OrderRefunded,
)

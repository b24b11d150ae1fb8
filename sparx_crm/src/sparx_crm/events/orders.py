"""What happens to orders."""

from __future__ import annotations

from sparx_core import Event


class OrderCreated(Event):
    """An order was placed."""

    name, resource = "order.created", "crm.orders"

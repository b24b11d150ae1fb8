"""What happens to customers who want to be forgotten."""

from __future__ import annotations

from sparx_core import Event


class CustomerForgotten(Event):
    """A customer was erased. The payload is what is left of it: nothing that is personal."""

    name, resource = "customer.erased", "crm.customers"

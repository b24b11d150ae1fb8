"""What happens to customers."""

from __future__ import annotations

from sparx_core import Event


class CustomerCreated(Event):
    """A customer was created."""

    name, resource = "customer.created", "crm.customers"


class CustomerUpdated(Event):
    """Details of a customer were changed. Statistics that follow from orders do not count."""

    name, resource = "customer.updated", "crm.customers"


class CustomerDeleted(Event):
    """A customer was deleted; the payload is the customer as it was."""

    name, resource = "customer.deleted", "crm.customers"

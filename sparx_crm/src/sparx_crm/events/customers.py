"""What happens to customers."""

from __future__ import annotations

from sparx_core import Event


class CustomerCreated(Event):
    """A customer was created."""

    name, resource = "customer.created", "crm.customers"
    detail = True


class CustomerUpdated(Event):
    """Details of a customer were changed. Statistics that follow from orders do not count."""

    name, resource = "customer.updated", "crm.customers"
    detail = True


class CustomerDeleted(Event):
    """A customer was deleted; the payload is the customer as it was."""

    name, resource = "customer.deleted", "crm.customers"
    detail = True


class CustomerRestored(Event):
    """A customer that was deleted is back."""

    name, resource = "customer.restored", "crm.customers"
    detail = True


class CustomerStageChanged(Event):
    """A customer went on to a later stage of its life because of something that happened, such as
    its first order. A stage that somebody sets by hand is a `customer.updated`.
    """

    name, resource = "customer.stage_changed", "crm.customers"
    detail = True


class CustomerConsentRecorded(Event):
    """A customer allowed something, or took it back; the payload is the entry of the ledger."""

    name, resource = "customer.consent_recorded", "crm.consents"

"""What happens to parcels: those that are sent, and those that come back."""

from __future__ import annotations

from sparx_core import Event


class FulfillmentCreated(Event):
    """Pieces of an order are to be sent together."""

    name, resource, detail = "fulfillment.created", "crm.fulfillments", True


class FulfillmentUpdated(Event):
    """Carrier, tracking or other details of a fulfilment were changed."""

    name, resource, detail = "fulfillment.updated", "crm.fulfillments", True


class FulfillmentShipped(Event):
    """A parcel is on its way, with the carrier and tracking that it has by then."""

    name, resource, detail = "fulfillment.shipped", "crm.fulfillments", True


class FulfillmentDelivered(Event):
    """A parcel has arrived at the customer."""

    name, resource, detail = "fulfillment.delivered", "crm.fulfillments", True


class FulfillmentCancelled(Event):
    """A parcel will not be sent: its pieces can be sent in another."""

    name, resource, detail = "fulfillment.cancelled", "crm.fulfillments", True


class ReturnRequested(Event):
    """Pieces of an order are to come back."""

    name, resource, detail = "return.requested", "crm.returns", True


class ReturnReceived(Event):
    """Pieces came back: `status` tells whether all did, each line how many, and whether
    they can be sold again.
    """

    name, resource, detail = "return.received", "crm.returns", True


class ReturnCancelled(Event):
    """What did not come back of a return will not."""

    name, resource, detail = "return.cancelled", "crm.returns", True


#: All of them.
FULFILLMENT_EVENTS: tuple[type[Event], ...] = (
    FulfillmentCreated,
    FulfillmentUpdated,
    FulfillmentShipped,
    FulfillmentDelivered,
    FulfillmentCancelled,
    ReturnRequested,
    ReturnReceived,
    ReturnCancelled,
)

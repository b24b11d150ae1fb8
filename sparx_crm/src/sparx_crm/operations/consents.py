"""The ledger of consent: entries are added, and never changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sparx_core import Context, Resource, ValidationFailed, Values
from sparx_crm.events.customers import CustomerConsentRecorded
from sparx_crm.models.customers import Consent
from sparx_crm.schemas.consents import ConsentSchema

#: How far the clock of a client may be ahead of ours.
AHEAD = timedelta(minutes=5)

consents = Resource(
    "consents",
    Consent,
    ConsentSchema,
    filters=("customerId", "channel", "purpose", "state", "occurredAt"),
    sorts=("createdAt", "occurredAt"),
)


@consents.create(emits=[CustomerConsentRecorded], raises=[])
def record_consent(ctx: Context, data: Values) -> Consent:
    """Note that a customer allowed something, or took it back.

    What holds at present is in the customer's `consent`: of each channel and purpose the entry
    that `occurredAt` last; it is now if absent, and cannot be in the future.
    """
    now = datetime.now(UTC)
    data.setdefault("occurred_at", now)
    if data["occurred_at"] > now + AHEAD:
        raise ValidationFailed([("occurredAt", "Is in the future.")])
    entry = ctx.insert(Consent(**data))
    ctx.emit(CustomerConsentRecorded(entry))
    return entry

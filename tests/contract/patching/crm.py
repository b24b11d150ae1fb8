"""What is known of the resources of the CRM."""

from __future__ import annotations

from .known import Known

_OF_SOME_TYPES = frozenset(
    {"startsAt", "endsAt", "location", "attendees", "sender", "recipients", "outcome"}
)
CRM = {
    "crm.pipelines": Known(few=2),
    "crm.stages": Known(bound=frozenset({"kind"})),
    "crm.deals": Known(
        bound=frozenset({"pipelineId", "stageId", "amount", "lostReasonId", "lostNote"}),
        fixed=frozenset({"status"}),
        moved={
            "probability": frozenset({"probabilityOverridden", "weightedAmount"}),
            "items": frozenset({"amount", "weightedAmount"}),
        },
    ),
    "crm.memberships": Known(bound=frozenset({"isPrimary"})),
    "crm.tasks": Known(bound=frozenset({"dueAt"})),
    "crm.activities": Known(bound=_OF_SOME_TYPES, fixed=frozenset({"type"})),
    "crm.orders": Known(bound=frozenset({"discountTotal", "shippingTotal", "taxTotal", "total"})),
    "crm.quotes": Known(given=lambda make, number: {"customerId": make.another("crm.customers")}),
}

"""What is refused of leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparx_core import ApiError

if TYPE_CHECKING:
    from sparx_crm.models.leads import Lead


class LeadIsConverted(ApiError):
    """The lead was converted and stays as it was; `details` are the ids of what it became."""

    code, status, message = "lead_converted", 409, "The lead was converted to a customer."

    def __init__(self, lead: Lead) -> None:
        ids = {"customerId": lead.customer, "accountId": lead.account, "dealId": lead.deal}
        super().__init__(details=ids)

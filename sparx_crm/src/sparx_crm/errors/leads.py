"""What is refused of leads."""

from __future__ import annotations

from uuid import UUID

from sparx_core import ApiError


class LeadIsConverted(ApiError):
    """The lead was converted and stays as it was; `details` are the ids of what it became."""

    code, status, message = "lead_converted", 409, "The lead was converted to a customer."

    def __init__(self, customer: UUID | None, account: UUID | None, deal: UUID | None) -> None:
        super().__init__(details={"customerId": customer, "accountId": account, "dealId": deal})

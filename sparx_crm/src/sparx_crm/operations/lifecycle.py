"""The stage of a customer's life: people set it as they like, what happens only moves it on."""

from __future__ import annotations

from sparx_core import Context
from sparx_crm.events.customers import CustomerStageChanged
from sparx_crm.models.customers import LIFECYCLE_STAGES, Customer


def advance_stage(ctx: Context, customer: Customer, stage: str) -> bool:
    """Move a customer on to ``stage`` and emit ``customer.stage_changed``; False, and nothing
    happens, if it is there already, or further.
    """
    present = customer.lifecycle_stage
    if present is not None and LIFECYCLE_STAGES.index(present) >= LIFECYCLE_STAGES.index(stage):
        return False
    ctx.update(customer, lifecycle_stage=stage)
    ctx.emit(CustomerStageChanged(customer))
    return True

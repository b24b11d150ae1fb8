"""Deals, what they are about, and the way that they went."""

from __future__ import annotations

from peewee import BooleanField, DateField, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    UnitPriceField,
    check,
    default,
)
from sparx_crm.models.pipelines import STAGE_KINDS

DEAL_STATUSES = STAGE_KINDS
_STATUSES = f"status IN ({', '.join(repr(word) for word in DEAL_STATUSES)})"


class Deal(TenantModel):
    """A sale that may come about.

    ``previous_stage`` is where it was before its last change of stage. ``resume_*`` is where it
    was, and with which probability, when it was closed: what reopening brings back.
    """

    title = TextField()
    customer = Reference("crm.customers", null=True)
    account = Reference("crm.accounts", null=True)
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    pipeline = Reference("crm.pipelines")
    stage = Reference("crm.stages")
    status = TextField(constraints=[default("'open'"), check(_STATUSES)])
    probability = IntegerField(
        constraints=[
            check("probability BETWEEN 0 AND 100"),
            check("status <> 'won' OR probability = 100"),
            check("status <> 'lost' OR probability = 0"),
        ]
    )
    probability_overridden = BooleanField(constraints=[default("false")])
    amount = MoneyField(null=True, constraints=[check("amount >= 0")])
    currency = TextField()
    expected_close_on = DateField(null=True)
    source = TextField(null=True)
    tags = TextArrayField(constraints=[default("'{}'")])
    notes = TextField(null=True)
    custom = JsonField(constraints=[default("'{}'")])
    previous_stage = Reference("crm.stages", null=True, on_delete="SET NULL")
    stage_entered_at = TimestampField(constraints=[default("now()")])
    closed_at = TimestampField(
        null=True, constraints=[check("(status = 'open') = (closed_at IS NULL)")]
    )
    lost_reason = Reference(
        "crm.lost_reasons",
        null=True,
        constraints=[check("(status = 'lost') = (lost_reason_id IS NOT NULL)")],
    )
    lost_note = TextField(null=True)
    resume_stage = Reference("crm.stages", null=True, on_delete="SET NULL")
    resume_probability = IntegerField(null=True)
    resume_overridden = BooleanField(null=True)

    class Meta:
        schema = "crm"
        table_name = "deals"
        indexes = ((("pipeline", "stage", "status"), False),)
        owned_by = "owner"


class DealItem(TenantModel):
    """What a deal is about: a line whose total is rounded once, and the deal's amount their sum."""

    deal = Reference("crm.deals", on_delete="CASCADE")
    position = IntegerField()
    sku = TextField(null=True)
    name = TextField()
    quantity = IntegerField(constraints=[check("quantity > 0")])
    unit_price = UnitPriceField(currency="deal.currency", constraints=[check("unit_price >= 0")])
    total = MoneyField(currency="deal.currency")

    class Meta:
        schema = "crm"
        table_name = "deal_items"
        indexes = ((("deal", "position"), True),)


class StageChange(TenantModel):
    """A deal came into a stage: ``created_at`` is when. Names of stages outlive the stages.

    ``from_*`` are null for the stage that a deal was created in; ``seconds`` is how long it was in
    the one before.
    """

    deal = Reference("crm.deals", on_delete="CASCADE")
    from_stage = Reference("crm.stages", null=True, on_delete="SET NULL")
    from_name = TextField(null=True)
    to_stage = Reference("crm.stages", null=True, on_delete="SET NULL")
    to_name = TextField()
    from_status = TextField(null=True)
    to_status = TextField()
    probability = IntegerField()
    seconds = IntegerField(null=True)
    lost_reason = TextField(null=True)
    note = TextField(null=True)
    actor = TextField()

    class Meta:
        schema = "crm"
        table_name = "stage_changes"

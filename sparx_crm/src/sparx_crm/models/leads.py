"""Leads: people who may become customers, before anybody knows."""

from __future__ import annotations

from peewee import TextField

from sparx_core import (
    JsonField,
    Machine,
    MoneyField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    Transition,
    check,
    default,
)

#: A lead that is converted is a customer from then on, and stays as it was.
LEAD_MACHINE = Machine(
    "status",
    {
        "contact": Transition(("new",), "contacted"),
        "qualify": Transition(("new", "contacted"), "qualified"),
        "convert": Transition(("new", "contacted", "qualified"), "converted"),
        "disqualify": Transition(("new", "contacted", "qualified"), "disqualified"),
        "reopen": Transition(("disqualified",), "new"),
    },
)
_STATES = f"status IN ({', '.join(repr(word) for word in LEAD_MACHINE.states)})"


class Lead(TenantModel):
    """A lead. ``customer``, ``account`` and ``deal`` are what it was converted to."""

    name = TextField()
    email = TextField(null=True)
    phone = TextField(null=True)
    company = TextField(null=True)
    job_title = TextField(null=True)
    source = TextField(null=True)
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    status = TextField(constraints=[default("'new'"), check(_STATES)])
    value = MoneyField(null=True, constraints=[check("value >= 0")])
    currency = TextField()
    tags = TextArrayField(constraints=[default("'{}'")])
    notes = TextField(null=True)
    disqualified_reason = TextField(
        null=True,
        constraints=[check("(status = 'disqualified') = (disqualified_reason IS NOT NULL)")],
    )
    contacted_at = TimestampField(null=True)
    qualified_at = TimestampField(null=True)
    disqualified_at = TimestampField(null=True)
    converted_at = TimestampField(
        null=True, constraints=[check("(status = 'converted') = (converted_at IS NOT NULL)")]
    )
    customer = Reference("crm.customers", null=True)
    account = Reference("crm.accounts", null=True)
    deal = Reference("crm.deals", null=True, on_delete="SET NULL")
    custom = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "leads"
        owned_by = "owner"
        indexes = ((("email",), False),)

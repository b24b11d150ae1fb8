"""Leads: noted, worked on, given up, and converted to customers once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sparx_core import Context, Event, Money, Resource, ValidationFailed, Values
from sparx_crm.errors.leads import LeadIsConverted
from sparx_crm.events.leads import (
    LeadContacted,
    LeadConverted,
    LeadCreated,
    LeadDeleted,
    LeadDisqualified,
    LeadQualified,
    LeadReopened,
    LeadUpdated,
)
from sparx_crm.models.leads import LEAD_MACHINE, Lead
from sparx_crm.operations.lead_conversion import convert_to_customer
from sparx_crm.schemas.leads import ConversionSchema, DisqualificationSchema, LeadSchema

leads = Resource(
    "leads",
    Lead,
    LeadSchema,
    machine=LEAD_MACHINE,
    search=("name", "email", "phone", "company", "tags"),
    filters=("email", "name", "status", "source", "ownerId", "customerId", "tags", "createdAt"),
    sorts=("createdAt", "name", "value"),
    custom_fields=True,
)
leads.derive(deleted=LeadDeleted)
_VALUE = Money()


@leads.create(emits=[LeadCreated], raises=[])
def create_lead(ctx: Context, data: Values) -> Lead:
    """Note a lead. `currency`, of its `value`, is the tenant's if absent."""
    lead = Lead(**{"currency": ctx.tenant.currency, **data})
    _check_value(lead)
    ctx.insert(lead)
    ctx.emit(LeadCreated(lead))
    return lead


@leads.update(emits=[LeadUpdated], raises=[LeadIsConverted])
def update_lead(ctx: Context, lead: Lead, data: Values) -> Lead:
    """Change a lead; absent fields stay. One that is converted stays as it was."""
    if lead.status == "converted":
        raise LeadIsConverted(lead.customer, lead.account, lead.deal)
    changes = any(getattr(lead, name) != value for name, value in data.items())
    ctx.update(lead, **data)
    _check_value(lead)
    if changes:
        ctx.emit(LeadUpdated(lead))
    return lead


@leads.transition("contact", emits=[LeadContacted])
def contact_lead(ctx: Context, lead: Lead) -> Lead:
    """Note that somebody got in touch."""
    return _go(ctx, lead, "contact", LeadContacted, contacted_at=_now())


@leads.transition("qualify", emits=[LeadQualified])
def qualify_lead(ctx: Context, lead: Lead) -> Lead:
    """Note that the lead is worth an offer."""
    return _go(ctx, lead, "qualify", LeadQualified, qualified_at=_now())


@leads.transition("disqualify", body=DisqualificationSchema, emits=[LeadDisqualified])
def disqualify_lead(ctx: Context, lead: Lead, data: Values) -> Lead:
    """Give a lead up, and say why."""
    values = {"disqualified_reason": data["reason"], "disqualified_at": _now()}
    return _go(ctx, lead, "disqualify", LeadDisqualified, **values)


@leads.transition("reopen", emits=[LeadReopened])
def reopen_lead(ctx: Context, lead: Lead) -> Lead:
    """Begin anew with a lead that was given up."""
    values = dict.fromkeys(("contacted_at", "qualified_at", "disqualified_at"))
    return _go(ctx, lead, "reopen", LeadReopened, disqualified_reason=None, **values)


@leads.action("convert", body=ConversionSchema, emits=[LeadConverted])
def convert_lead(ctx: Context, lead: Lead, data: Values) -> Lead:
    """Make a customer of a lead, with an account if it has a company, and a deal if one is asked
    for. Who is a customer already, by the e-mail, is found and left as it is.

    Converting again answers with the same ids and changes nothing, whatever the body says.
    `invalid_transition` for a lead that was given up.
    """
    if lead.status == "converted":
        return lead
    LEAD_MACHINE.check(lead, "convert")
    made = convert_to_customer(ctx, lead, data)
    return _go(ctx, lead, "convert", LeadConverted, converted_at=_now(), **made)


def _go(ctx: Context, lead: Lead, name: str, event: type[Event], **values: Any) -> Lead:
    ctx.update(lead, status=LEAD_MACHINE.target(name), **values)
    ctx.emit(event(lead))
    return lead


def _now() -> datetime:
    return datetime.now(UTC)


def _check_value(lead: Lead) -> None:
    """The digits of the value are those of its currency, whichever of the two came last."""
    if lead.value is None:
        return
    problem = _VALUE.check_digits(lead.value, lead.currency)
    if problem is not None:
        raise ValidationFailed([("value", problem)])

"""What happens to leads."""

from __future__ import annotations

from sparx_core import Event


class LeadCreated(Event):
    """A lead was written down: somebody who may become a customer."""

    name, resource, detail = "lead.created", "crm.leads", True


class LeadUpdated(Event):
    """Details of a lead were changed."""

    name, resource, detail = "lead.updated", "crm.leads", True


class LeadDeleted(Event):
    """A lead was deleted; the payload is the lead as it was."""

    name, resource, detail = "lead.deleted", "crm.leads", True


class LeadContacted(Event):
    """Somebody got in touch with a lead."""

    name, resource, detail = "lead.contacted", "crm.leads", True


class LeadQualified(Event):
    """A lead was found to be worth an offer."""

    name, resource, detail = "lead.qualified", "crm.leads", True


class LeadDisqualified(Event):
    """A lead was given up; `disqualifiedReason` says why."""

    name, resource, detail = "lead.disqualified", "crm.leads", True


class LeadReopened(Event):
    """A lead that was given up is new again."""

    name, resource, detail = "lead.reopened", "crm.leads", True


class LeadConverted(Event):
    """A lead became a customer: once, whoever asked how often. `customerId`, `accountId` and
    `dealId` are what it was converted to.
    """

    name, resource, detail = "lead.converted", "crm.leads", True

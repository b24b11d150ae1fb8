"""What happens to deals. A change of stage is one fact: the most particular of these.

``previousStageId`` in the payload is the stage that the deal came from, ``stageId`` the one that
it is in, and ``stageEnteredAt`` when it came there.
"""

from __future__ import annotations

from sparx_core import Event


class DealCreated(Event):
    """A deal was created, in whichever stage: one that was entered as won or lost is not stated to
    be won or lost a second time.
    """

    name, resource, detail = "deal.created", "crm.deals", True


class DealUpdated(Event):
    """Details of a deal were changed, and not its stage."""

    name, resource, detail = "deal.updated", "crm.deals", True


class DealStageChanged(Event):
    """A deal moved from `previousStageId` to `stageId`, a stage of the same kind; details that were
    changed with it are not stated apart.
    """

    name, resource, detail = "deal.stage_changed", "crm.deals", True


class DealWon(Event):
    """An open deal moved to a stage of kind `won`: the one event of that change."""

    name, resource, detail = "deal.won", "crm.deals", True


class DealLost(Event):
    """An open deal moved to a stage of kind `lost`, for `lostReasonId`: the one event of that
    change.
    """

    name, resource, detail = "deal.lost", "crm.deals", True


class DealReopened(Event):
    """A deal that was won or lost is open again, in the stage and with the probability that it had
    before.
    """

    name, resource, detail = "deal.reopened", "crm.deals", True


class DealDeleted(Event):
    """A deal was deleted; the payload is the deal as it was."""

    name, resource, detail = "deal.deleted", "crm.deals", True

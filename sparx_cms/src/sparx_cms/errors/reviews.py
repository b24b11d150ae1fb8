"""What is refused because somebody has to approve."""

from __future__ import annotations

from sparx_core import ApiError, Conflict


class ApprovalRequired(ApiError):
    """Entries of this type are published when all stages have approved the very revision;
    `details` has its `revisionNumber`, and the `stage` at which it waits, if it was submitted.
    """

    code, status = "approval_required", 409
    message = "This revision has to be approved before it is published."


class NoStages(ApiError):
    """The type of the entry has no stages of approval, so nothing is submitted."""

    code, status = "no_stages", 409
    message = "Entries of this type need no approval."


class ReviewRunning(Conflict):
    """A revision of the entry is in review already: cancel that review, or wait for its end;
    `details.reviewId` says which it is.
    """

    code, status = "review_running", 409
    message = "A revision of the entry is in review already."


class OwnRevision(ApiError):
    """A revision is not approved by who wrote or submitted it, nor by one person twice."""

    code, status = "own_revision", 409
    message = "Somebody else has to approve this."

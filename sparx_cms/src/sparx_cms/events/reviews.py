"""What happens to reviews."""

from __future__ import annotations

from sparx_core import Event


class ReviewSubmitted(Event):
    """A revision was submitted for approval, and waits at the first stage of its type."""

    name, resource = "content.review.submitted", "cms.reviews"


class ReviewAdvanced(Event):
    """A stage has approved a revision, which waits at the next one."""

    name, resource = "content.review.advanced", "cms.reviews"


class ReviewApproved(Event):
    """The last stage has approved a revision: it may be published."""

    name, resource = "content.review.approved", "cms.reviews"


class ReviewRejected(Event):
    """A stage has not approved a revision: it is revised, and submitted anew."""

    name, resource = "content.review.rejected", "cms.reviews"


class ReviewCancelled(Event):
    """A review ended without a decision: it was called off, or the entry went live or away."""

    name, resource = "content.review.cancelled", "cms.reviews"

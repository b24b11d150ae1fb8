"""What segments refuse."""

from __future__ import annotations

from sparx_core import ApiError


class SegmentIsFrozen(ApiError):
    """The members of the segment were fixed when it was frozen: they follow no rules any more."""

    code, status = "segment_frozen", 409
    message = "The members of this segment are frozen."


class SegmentIsArchived(ApiError):
    """The segment is archived, and nobody enters or leaves it until it is unarchived."""

    code, status = "segment_archived", 409
    message = "This segment is archived."

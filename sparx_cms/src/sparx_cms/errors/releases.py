"""What is refused of releases."""

from __future__ import annotations

from sparx_core import ApiError, Conflict


class AlreadyInRelease(Conflict):
    """A release has each entry once."""

    code, status = "already_in_release", 409
    message = "The entry is in the release already."


class ReleaseClosed(ApiError):
    """Only releases that are drafts, or have failed, are changed; `details.status` says what this
    one is now. One that is scheduled is taken back first.
    """

    code, status = "release_closed", 409
    message = "The release cannot be changed now."


class ReleaseFull(ApiError):
    """A release has as many entries as there can be in one; `details.maximum` says how many."""

    code, status = "release_full", 409
    message = "The release is full."


class ReleaseEmpty(ApiError):
    """There is nothing in the release that could be published."""

    code, status = "release_empty", 409
    message = "There is nothing in the release."


class ReleaseBlocked(ApiError):
    """Nothing of the release was published, because parts of it cannot be; `details` list them,
    each with `itemId`, `entryId` and its `error`.
    """

    code, status = "release_blocked", 409
    message = "Parts of the release cannot be published, so nothing of it was."

"""What happens to releases. What happens to their entries is told of each of them, too."""

from __future__ import annotations

from sparx_core import Event


class ReleaseCreated(Event):
    """A release was made; there is nothing in it yet."""

    name, resource = "content.release.created", "cms.releases"


class ReleaseUpdated(Event):
    """A release was renamed, or something was put into it, changed in it or taken out."""

    name, resource = "content.release.updated", "cms.releases"


class ReleaseScheduled(Event):
    """A release is to be published at `at`."""

    name, resource = "content.release.scheduled", "cms.releases"


class ReleaseUnscheduled(Event):
    """A release that was scheduled is a draft again."""

    name, resource = "content.release.unscheduled", "cms.releases"


class ReleasePublished(Event):
    """All of a release was carried out."""

    name, resource = "content.release.published", "cms.releases"


class ReleaseFailed(Event):
    """The time of a release came, and nothing of it was carried out; `failure` says why."""

    name, resource = "content.release.failed", "cms.releases"


class ReleaseArchived(Event):
    """A release was put away."""

    name, resource = "content.release.archived", "cms.releases"


class ReleaseDeleted(Event):
    """A release was deleted; the payload is the release as it was."""

    name, resource = "content.release.deleted", "cms.releases"

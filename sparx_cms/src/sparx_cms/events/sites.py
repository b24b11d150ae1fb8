"""What happens to sites."""

from __future__ import annotations

from sparx_core import Event


class SiteCreated(Event):
    """A site was made."""

    name, resource = "site.created", "cms.sites"


class SiteUpdated(Event):
    """A site was changed."""

    name, resource = "site.updated", "cms.sites"


class SiteDeleted(Event):
    """A site was deleted; the payload is it as it was."""

    name, resource = "site.deleted", "cms.sites"

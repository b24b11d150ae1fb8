"""What happens to redirects."""

from __future__ import annotations

from sparx_core import Event


class RedirectAdded(Event):
    """A redirect was made: by hand, or because the path of a page changed."""

    name, resource = "redirect.added", "cms.redirects"


class RedirectUpdated(Event):
    """A redirect was changed."""

    name, resource = "redirect.updated", "cms.redirects"


class RedirectRemoved(Event):
    """A redirect was removed; the payload is the redirect as it was."""

    name, resource = "redirect.removed", "cms.redirects"

"""What happens to activities that people write down; entries of the system are no news."""

from __future__ import annotations

from sparx_core import Event


class ActivityCreated(Event):
    """A note, a call, a meeting or an e-mail was written down."""

    name, resource = "activity.created", "crm.activities"


class ActivityUpdated(Event):
    """A note, a call, a meeting or an e-mail was changed."""

    name, resource = "activity.updated", "crm.activities"


class ActivityDeleted(Event):
    """A note, a call, a meeting or an e-mail was deleted; the payload is what it was."""

    name, resource = "activity.deleted", "crm.activities"

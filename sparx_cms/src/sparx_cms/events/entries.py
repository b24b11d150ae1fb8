"""What happens to entries.

Payloads are what is live of the entry: never a draft, which is nobody's business yet.
"""

from __future__ import annotations

from sparx_core import Event


class EntryCreated(Event):
    """An entry was created, as a draft."""

    name, resource = "content.entry.created", "cms.entries"


class EntryUpdated(Event):
    """A draft was saved: by hand, by going back to a revision, or by discarding it. What is live
    did not change.
    """

    name, resource = "content.entry.updated", "cms.entries"


class EntryWentLive(Event):
    """A revision of an entry went live, in one language or more."""

    name, resource = "content.entry.published", "cms.entries"


class EntryUnpublished(Event):
    """An entry is not live any more, in some or all of its languages."""

    name, resource = "content.entry.unpublished", "cms.entries"


class EntryWasArchived(Event):
    """An entry was archived: it is not live, and cannot be changed."""

    name, resource = "content.entry.archived", "cms.entries"


class EntryUnarchived(Event):
    """An archived entry is a draft again."""

    name, resource = "content.entry.unarchived", "cms.entries"


class EntryDeleted(Event):
    """An entry was deleted: it is in the trash for thirty days, and then gone."""

    name, resource = "content.entry.deleted", "cms.entries"


class EntryRestored(Event):
    """An entry was taken out of the trash, as a draft."""

    name, resource = "content.entry.restored", "cms.entries"

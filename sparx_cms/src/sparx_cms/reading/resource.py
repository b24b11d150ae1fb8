"""The resource of entries: whose kinds are content types, and whose rows the database shows."""

from __future__ import annotations

from sparx_cms.reading.kinds import EntryKinds
from sparx_cms.reading.lens import shown_entry, version_of, visible
from sparx_core import Resource


class EntryResource(Resource):
    """Entries, of which readers see what is live unless they ask for drafts."""

    counted = False
    counted_by = ("content_type_id", "live_locales")
    kinds = EntryKinds()
    visible = staticmethod(visible)
    version = staticmethod(version_of)
    body = staticmethod(shown_entry)

"""What happens to content types."""

from __future__ import annotations

from sparx_core import Event


class TypeCreated(Event):
    """A content type was created: there can be entries of it."""

    name, resource = "content.type.created", "cms.content_types"


class TypeUpdated(Event):
    """A content type was changed. `schemaVersion` is higher if its fields were."""

    name, resource = "content.type.updated", "cms.content_types"


class TypeDeleted(Event):
    """A content type was deleted, which had no entries; the payload is it as it was."""

    name, resource = "content.type.deleted", "cms.content_types"

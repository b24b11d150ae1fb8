"""What happens to media."""

from __future__ import annotations

from sparx_core import Event


class MediaUploaded(Event):
    """A file is there, as a new asset, or as new bytes of one: then `contentVersion` is above 1."""

    name, resource = "media.uploaded", "cms.assets"


class MediaProcessed(Event):
    """What there is to make of a file was made: the asset is `ready`, or `failed`."""

    name, resource = "media.processed", "cms.assets"


class MediaUpdated(Event):
    """What is told of an asset was changed, or it came back from the trash."""

    name, resource = "media.updated", "cms.assets"


class MediaDeleted(Event):
    """An asset was put into the trash; the payload is the asset as it was."""

    name, resource = "media.deleted", "cms.assets"


class MediaWanted(Event):
    """A file is to be fetched from a URL."""

    name, resource, public = "media.wanted", "cms.uploads", False

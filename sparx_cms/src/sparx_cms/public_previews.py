"""Entries as those see them who were sent a preview, and have no key."""

from __future__ import annotations

from sparx_cms.editorial import Editorial
from sparx_cms.models.working import Preview
from sparx_cms.schemas.working import PreviewSchema, PublicPreviewSchema
from sparx_core import Public

previews = Editorial(
    "previews",
    Preview,
    PreviewSchema,
    filters=("entryId", "expiresAt"),
    sorts=("createdAt",),
    bulk=False,
)
public_previews = Public("previews", previews, PublicPreviewSchema)

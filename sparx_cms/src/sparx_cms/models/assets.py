"""Media: files that are being uploaded, those that are there, and where entries use them."""

from __future__ import annotations

from peewee import BigIntegerField, DecimalField, IntegerField, TextField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TimestampField,
    TrashModel,
    check,
    default,
)

PROCESSING, READY, FAILED = ASSET_STATES = ("processing", "ready", "failed")
RECEIVING, FETCHING, COMPLETED, REFUSED = UPLOAD_STATES = (
    "receiving",
    "fetching",
    "completed",
    "failed",
)


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Folder(TenantModel):
    """A folder of the media library. ``place`` is its parent with its name, which no other has."""

    name = TextField()
    parent = Reference("cms.folders", null=True)
    place = TextField()

    class Meta:
        schema = "cms"
        table_name = "folders"
        indexes = ((("place",), True),)


class Asset(TrashModel):
    """A file of the media library, and what is known of it.

    Its bytes are in storage, under its id and ``content_version``, which goes up when they are
    replaced. ``token`` is that of the link under which anybody may fetch them, and ``signing_key``
    signs the addresses at which images are rendered.
    """

    filename = TextField()
    content_type = TextField()
    size = BigIntegerField()
    #: SHA-256 of the bytes; NULL until a worker has put a large file together.
    checksum = TextField(null=True)
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    frames = IntegerField(null=True)
    dominant_color = TextField(null=True)
    title = TextField(null=True)
    alt = JsonField(constraints=[default("'{}'")])
    caption = JsonField(constraints=[default("'{}'")])
    focal_x = DecimalField(5, 4, constraints=[default("0.5"), check("focal_x BETWEEN 0 AND 1")])
    focal_y = DecimalField(5, 4, constraints=[default("0.5"), check("focal_y BETWEEN 0 AND 1")])
    folder = Reference("cms.folders", null=True, on_delete="SET NULL")
    status = TextField(
        constraints=[default("'processing'"), check(_one_of("status", ASSET_STATES))]
    )
    problem = TextField(null=True)
    content_version = IntegerField(constraints=[default("1")])
    #: Smaller images made of it: ``{"format", "width", "height", "size", "url"}``.
    variants = JsonField(constraints=[default("'[]'")])
    token = TextField()
    signing_key = TextField()
    #: Under which an import knows it.
    external_id = TextField(null=True)

    class Meta:
        schema = "cms"
        table_name = "assets"
        indexes = ((("external_id",), True),)


class Upload(TenantModel):
    """Bytes on their way to become an asset: sent by the client, or fetched from a URL.

    ``parts`` are the names, in storage, of what has come so far, in order.
    """

    filename = TextField()
    #: How many bytes were announced.
    size = BigIntegerField(null=True)
    received = BigIntegerField(constraints=[default("0")])
    parts = JsonField(constraints=[default("'[]'")])
    state = TextField(constraints=[default("'receiving'"), check(_one_of("state", UPLOAD_STATES))])
    source_url = TextField(null=True)
    problem = TextField(null=True)
    #: What the asset is to be told of besides its bytes: title, alt, caption.
    about = JsonField(constraints=[default("'{}'")])
    folder = Reference("cms.folders", null=True, on_delete="SET NULL")
    #: The asset whose bytes are replaced; once it is completed, the one that was made.
    asset = Reference("cms.assets", null=True, on_delete="CASCADE")
    expires_at = TimestampField()

    class Meta:
        schema = "cms"
        table_name = "uploads"


class AssetLink(TenantModel):
    """That an entry uses an asset, in its draft or in what is live of it."""

    entry = Reference("cms.entries", on_delete="CASCADE")
    stage = TextField(constraints=[check("stage IN ('draft', 'live')")])
    field = TextField()
    locale = TextField()
    position = IntegerField()
    asset = Reference("cms.assets")

    class Meta:
        schema = "cms"
        table_name = "asset_links"
        indexes = ((("entry", "stage"), False),)

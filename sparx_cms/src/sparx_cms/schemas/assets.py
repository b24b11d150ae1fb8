"""Assets, folders and uploads on the wire."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields
from peewee import SQL, Case, Cast, Function, NodeList, Select, Table

from sparx_cms.editorial import DRAFT_SCOPE
from sparx_cms.media.pictures import FITS, FORMATS, VARIANT_FORMATS
from sparx_cms.media.places import PUBLIC
from sparx_cms.media.rendering import MAX_SIDE, PRESETS
from sparx_cms.models.assets import ASSET_STATES, UPLOAD_STATES, AssetLink
from sparx_cms.models.entries import LIVE, Entry
from sparx_core import (
    Choice,
    Computed,
    DecimalNumber,
    LocalizedText,
    ObjectSchema,
    Related,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
    holds_scope,
    json_schema,
)

_TOKEN = "lnk_Zm9yIHRoZSBleGFtcGxlLCBhbmQgbm8gb3RoZXIgdXNlcw"
_NAME = re.compile(r"[^\x00-\x1f\x7f/\\]+")


class FileName(Text):
    """The name of a file, without a path. It is shown, and never used as one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if not _NAME.fullmatch(name):
            raise ValidationError("Must be a name without slashes and control characters.")
        return name


@json_schema.register
def _(field: FileName) -> dict[str, Any]:
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": field.maximum,
        "pattern": r"^[^\u0000-\u001f\u007f/\\]+$",
        "examples": ["harbour.jpg"],
    }


def url_of(asset: Scope) -> Any:
    """Where anybody may fetch the file; NULL while there is none."""
    version = Cast(asset.column("content_version"), "text")
    parts = (SQL(f"'{PUBLIC}/'"), asset.column("token"), SQL("'/file?v='"), version)
    has_bytes = NodeList((asset.column("content_version"), SQL("> 0")))
    return Case(None, [(has_bytes, Function("concat", parts))], None)


def usage_of(asset: Scope) -> Any:
    """How many entries use an asset, live or, for who may see drafts, in a draft; none of those in
    the trash.
    """
    links = Table("asset_links", schema="cms", alias="links")
    users = Table("entries", schema="cms", alias="users")
    found = Select([links], [Function("count", (NodeList((SQL("DISTINCT"), links.c.entry_id)),))])
    joined = found.join(users, on=(users.c.id == links.c.entry_id))
    used = (links.c.asset_id == asset.column("id")) & ~users.c.trashed
    return joined.where(used & ((links.c.stage == LIVE) | holds_scope(DRAFT_SCOPE)))


class VariantSchema(ObjectSchema):
    """A smaller image that was made of an image."""

    format = Choice(*VARIANT_FORMATS, required=True)
    width = WholeNumber(1, required=True)
    height = WholeNumber(1, required=True)
    size = WholeNumber(1, required=True)
    url = fields.String(
        required=True,
        metadata={"example": f"{PUBLIC}/{_TOKEN}/variant?width=400&format=avif&v=1"},
    )


class AboutSchema(ObjectSchema):
    """What people tell of an asset."""

    title = Text(allow_none=True, metadata={"example": "The harbour"})
    alt = LocalizedText(500, metadata={"example": {"en": "Boats in a harbour"}})
    caption = LocalizedText(2000, metadata={"example": {"en": "The harbour in June"}})
    folder = Related("cms.folders", allow_none=True)


class AssetSchema(AboutSchema, ResourceSchema):
    """A file of the media library.

    `url` is where anybody may fetch it, without a key; it changes with `contentVersion`, when the
    bytes are replaced. `variants` are smaller images that a worker makes of an image, which then is
    `ready`. `focalX` and `focalY`, from 0 to 1, are what stays in view when an image is cropped.
    `usageCount` is how many entries use the asset: live, or with the scope
    `draft:cms` in a draft, too.
    """

    filename = FileName(metadata={"example": "harbour.jpg"})
    content_type = fields.String(dump_only=True, metadata={"example": "image/jpeg"})
    size = WholeNumber(0, 2**53, dump_only=True, metadata={"example": 48_213})
    checksum = fields.String(
        dump_only=True, allow_none=True, metadata={"example": "9f86d081" * 8, "nullable": True}
    )
    width = WholeNumber(1, dump_only=True, allow_none=True, metadata={"example": 1600})
    height = WholeNumber(1, dump_only=True, allow_none=True, metadata={"example": 1067})
    frames = WholeNumber(1, dump_only=True, allow_none=True, metadata={"example": 1})
    dominant_color = fields.String(dump_only=True, allow_none=True, metadata={"example": "#4a6b82"})
    focal_x = DecimalNumber(0, 1, 4, metadata={"example": Decimal("0.5")})
    focal_y = DecimalNumber(0, 1, 4, metadata={"example": Decimal("0.25")})
    status = Choice(*ASSET_STATES, dump_only=True)
    problem = fields.String(
        dump_only=True, allow_none=True, metadata={"example": "The image cannot be decoded."}
    )
    content_version = WholeNumber(0, dump_only=True)
    usage_count = Computed(
        WholeNumber(), usage_of, reads=[AssetLink, Entry], metadata={"nullable": False}
    )
    url = Computed(fields.String(), url_of, metadata={"example": f"{PUBLIC}/{_TOKEN}/file?v=1"})
    variants = fields.List(fields.Nested(VariantSchema), dump_only=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class PublicAssetSchema(ResourceSchema):
    """What strangers may know of an asset."""

    content_type = fields.String(dump_only=True, metadata={"example": "image/jpeg"})


class FolderSchema(ResourceSchema):
    """A folder of the media library. No two in the same place have the same name."""

    name = Text(120, required=True, metadata={"example": "Harbours"})
    parent = Related("cms.folders", allow_none=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class UploadBody(AboutSchema):
    """A file that is going to be sent. With `assetId` it replaces the bytes of that asset, which
    keeps its id and what is told of it.
    """

    filename = FileName(required=True, metadata={"example": "harbour.jpg"})
    size = WholeNumber(1, 2**53, required=True, metadata={"example": 48_213})
    asset = Related("cms.assets")


class FetchBody(AboutSchema):
    """A file that is somewhere else; its name is that in the URL, unless it is given."""

    url = Text(2048, required=True, metadata={"example": "https://images.example.com/harbour.jpg"})
    filename = FileName(metadata={"example": "harbour.jpg"})


class UploadSchema(ResourceSchema):
    """Bytes on their way to become an asset. `receiving` ones are sent with PUT on
    `/v1/cms/uploads/{id}/content`, in one request or in several, and then completed; `fetching`
    ones are fetched by a worker. `assetId` is the asset that was made, or is to have other bytes.
    """

    #: It may be one that was signed, for whoever has it.
    sensitive = ("source_url",)

    filename = FileName(dump_only=True, metadata={"example": "harbour.jpg"})
    size = WholeNumber(0, 2**53, dump_only=True, allow_none=True)
    # How far it is, is nothing for the audit log.
    received = WholeNumber(0, 2**53, dump_only=True, metadata={"audited": False})
    state = Choice(*UPLOAD_STATES, dump_only=True)
    source_url = fields.String(
        dump_only=True,
        allow_none=True,
        metadata={"example": "https://images.example.com/harbour.jpg"},
    )
    problem = fields.String(
        dump_only=True, allow_none=True, metadata={"example": "The address is blocked."}
    )
    asset = Related("cms.assets", dump_only=True, allow_none=True)
    expires_at = Timestamp(dump_only=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class RenderBody(ObjectSchema):
    """What an image is to be made. It is never made larger than it is. `cover` fills `width` and
    `height`, around the focal point; `inside` keeps all of the image.
    """

    width = WholeNumber(1, MAX_SIDE, metadata={"example": 640})
    height = WholeNumber(1, MAX_SIDE, metadata={"example": 360})
    fit = Choice(*FITS, metadata={"example": "cover"})
    format = Choice(*FORMATS, metadata={"example": "webp"})
    quality = WholeNumber(30, 95, metadata={"example": 80})


class RenderedSchema(ObjectSchema):
    """Where the image is, for anybody."""

    url = fields.String(
        dump_only=True,
        metadata={"example": f"{PUBLIC}/{_TOKEN}/render?width=640&format=webp&v=1&s=9f86"},
    )


class VersionQuery(ObjectSchema):
    """`v` is the `contentVersion` that the address was made for."""

    v = WholeNumber(0, metadata={"example": 1})


class VariantQuery(VersionQuery):
    """Which of the `variants`."""

    width = WholeNumber(1, required=True, metadata={"example": 400})
    format = Choice(*VARIANT_FORMATS, required=True)


class RenderQuery(RenderBody, VersionQuery):
    """A preset, or what was signed: `s` is the signature of all the others."""

    preset = Choice(*PRESETS)
    s = Text(64, metadata={"example": "9f86d081"})

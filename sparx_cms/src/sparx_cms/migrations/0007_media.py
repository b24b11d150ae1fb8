"""The media library: folders, assets, uploads, and where entries use them."""

from pathlib import Path
from typing import Any

from peewee import BigIntegerField, Database, DecimalField, IntegerField, TextField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TimestampField,
    TrashModel,
    check,
    create_tables,
    default,
)


class Folder(TenantModel):
    name = TextField()
    parent = Reference("cms.folders", null=True)
    place = TextField()

    class Meta:
        schema = "cms"
        table_name = "folders"
        indexes = ((("place",), True),)


class Asset(TrashModel):
    filename = TextField()
    content_type = TextField()
    size = BigIntegerField()
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
        constraints=[
            default("'processing'"),
            check("status IN ('processing', 'ready', 'failed')"),
        ]
    )
    problem = TextField(null=True)
    content_version = IntegerField(constraints=[default("1")])
    variants = JsonField(constraints=[default("'[]'")])
    token = TextField()
    signing_key = TextField()
    external_id = TextField(null=True)

    class Meta:
        schema = "cms"
        table_name = "assets"
        indexes = ((("external_id",), True),)


class Upload(TenantModel):
    filename = TextField()
    size = BigIntegerField(null=True)
    received = BigIntegerField(constraints=[default("0")])
    parts = JsonField(constraints=[default("'[]'")])
    state = TextField(
        constraints=[
            default("'receiving'"),
            check("state IN ('receiving', 'fetching', 'completed', 'failed')"),
        ]
    )
    source_url = TextField(null=True)
    problem = TextField(null=True)
    about = JsonField(constraints=[default("'{}'")])
    folder = Reference("cms.folders", null=True, on_delete="SET NULL")
    asset = Reference("cms.assets", null=True, on_delete="CASCADE")
    expires_at = TimestampField()

    class Meta:
        schema = "cms"
        table_name = "uploads"


class AssetLink(TenantModel):
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


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Folder, Asset, Upload, AssetLink])
    # Not through execute_sql's parameters: the script may have percent signs of its own.
    db.connection().cursor().execute(Path(__file__).with_suffix(".sql").read_text())

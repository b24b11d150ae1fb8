"""Assets as everybody sees them who has their address."""

from __future__ import annotations

from sparx_cms.operations.assets import assets
from sparx_cms.schemas.assets import PublicAssetSchema
from sparx_core import Public

public_assets = Public("assets", assets, PublicAssetSchema)

"""Sites as everybody sees them, who has a link and no key."""

from __future__ import annotations

from sparx_cms.operations.sites import sites
from sparx_cms.schemas.sites import PublicSiteSchema
from sparx_core import Public

public_sites = Public("sites", sites, PublicSiteSchema)

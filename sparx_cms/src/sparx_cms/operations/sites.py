"""Sites: made, changed, deleted."""

from __future__ import annotations

from sparx_cms.events.sites import SiteCreated, SiteDeleted, SiteUpdated
from sparx_cms.models.sites import Site
from sparx_cms.schemas.sites import SiteSchema
from sparx_cms.types import locales
from sparx_core import Conflict, Context, Resource, ValidationFailed, Values

sites = Resource(
    "sites", Site, SiteSchema, filters=("host",), sorts=("host", "createdAt"), bulk=False
)


@sites.create(emits=[SiteCreated], raises=[Conflict, ValidationFailed])
def create_site(ctx: Context, data: Values) -> Site:
    """Make a site. ``conflict`` if there is one with its host."""
    _check_locale(ctx, data)
    site = ctx.insert(Site(**data))
    ctx.emit(SiteCreated(site))
    return site


@sites.update(emits=[SiteUpdated], raises=[Conflict, ValidationFailed])
def update_site(ctx: Context, site: Site, data: Values) -> Site:
    """Change a site; absent fields stay."""
    _check_locale(ctx, data)
    if any(getattr(site, name) != value for name, value in data.items()):
        ctx.update(site, **data)
        ctx.emit(SiteUpdated(site))
    return site


@sites.delete(emits=[SiteDeleted], raises=[])
def delete_site(ctx: Context, site: Site) -> None:
    """Delete a site: its links open nothing any more."""
    ctx.delete(site)
    ctx.emit(SiteDeleted(site))


def _check_locale(ctx: Context, data: Values) -> None:
    if data.get("locale") is not None:
        locales(ctx).chain(data["locale"])

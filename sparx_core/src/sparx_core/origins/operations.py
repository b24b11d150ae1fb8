"""Which origins a tenant allows."""

from __future__ import annotations

from sparx_core.context import Context
from sparx_core.events.types import Event
from sparx_core.origins.models import Origin
from sparx_core.origins.schemas import OriginSchema
from sparx_core.resources import Resource, Values


class OriginAllowed(Event):
    """Pages of a web origin may call the API from now on."""

    name, resource, public = "origin.allowed", "core.origins", False


class OriginRemoved(Event):
    """Pages of a web origin may not call the API any more."""

    name, resource, public = "origin.removed", "core.origins", False


origins = Resource("origins", Origin, OriginSchema, bulk=False)


@origins.create(emits=[OriginAllowed], raises=())
def allow_origin(ctx: Context, data: Values) -> Origin:
    """Allow pages of an origin to call the API from a browser.

    It takes a few seconds until every process knows.
    """
    row = ctx.insert(Origin(**data))
    ctx.emit(OriginAllowed(row))
    return row


@origins.delete(emits=[OriginRemoved], raises=())
def remove_origin(ctx: Context, origin: Origin) -> None:
    """Allow an origin no more. It takes a few seconds until every process knows."""
    ctx.delete(origin)
    ctx.emit(OriginRemoved(origin))

"""Saved views: kept, changed, deleted. Lists are asked by them with ``view=<id>``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peewee import SQL, Expression, NodeList

from sparx_core.context import Context
from sparx_core.errors import BadRequest, Conflict, NotFound, ValidationFailed
from sparx_core.events.types import Event
from sparx_core.read.own import Own
from sparx_core.read.wire import Scope
from sparx_core.resources import Resource, Values
from sparx_core.saved_views.models import SavedView
from sparx_core.saved_views.query import params_of, place_of
from sparx_core.saved_views.schemas import ViewChangeSchema, ViewSchema
from sparx_core.surfaces.rest.query import parse_page

MAX_VIEWS = 1_000


class ViewCreated(Event):
    """The query of a list was saved under a name."""

    name, resource, public = "view.created", "core.views", False


class ViewUpdated(Event):
    """A saved view was changed."""

    name, resource, public = "view.updated", "core.views", False


class ViewDeleted(Event):
    """A saved view was deleted."""

    name, resource, public = "view.deleted", "core.views", False


def _visible(view: Scope) -> Any:
    own = Expression(view.column("created_by"), "=", SQL("current_setting('sparx.actor', true)"))
    return NodeList((SQL("("), view.column("shared"), SQL("OR"), own, SQL(")")))


class Views(Resource):
    """Each is seen by whoever made it; those that are shared by everybody."""

    counted, shared = False, True
    visible = staticmethod(_visible)


views = Views(
    "views",
    SavedView,
    ViewSchema,
    filters=("resource", "name", "shared"),
    sorts=("name",),
    bulk=False,
)


@views.create(emits=[ViewCreated], raises=[ValidationFailed, Conflict])
def save_view(ctx: Context, data: Values) -> SavedView:
    """Save the query of a list under a name. It is checked now: what it names has to be there."""
    _check(ctx, data["resource"], data["query"])
    if len(ctx.all(SavedView.select(SavedView.id))) >= MAX_VIEWS:
        raise Conflict(f"The tenant has {MAX_VIEWS} saved views, and no more.")
    row = ctx.insert(SavedView(**data, created_by=str(ctx.actor)))
    ctx.emit(ViewCreated(row))
    return row


@views.update(body=ViewChangeSchema, emits=[ViewUpdated], raises=[ValidationFailed])
def change_view(ctx: Context, row: SavedView, data: Values) -> SavedView:
    """Change a saved view; what is absent stays, and a query is replaced whole."""
    _check_reach(ctx, row)
    if "query" in data:
        _check(ctx, str(row.resource), data["query"])
    changes = any(getattr(row, name) != value for name, value in data.items())
    ctx.update(row, **data)
    if changes:
        ctx.emit(ViewUpdated(row))
    return row


@views.delete(emits=[ViewDeleted], raises=())
def delete_view(ctx: Context, row: SavedView) -> None:
    """Delete a saved view."""
    _check_reach(ctx, row)
    ctx.delete(row)
    ctx.emit(ViewDeleted(row))


def _check_reach(ctx: Context, row: SavedView) -> None:
    """Another's view that is not shared is none."""
    if not row.shared and row.created_by != str(ctx.actor):
        raise NotFound


@dataclass(frozen=True)
class _Query:
    params: Mapping[str, Any]


def _check(ctx: Context, key: str, query: Values) -> None:
    resource = ctx.registry.resources.get(key)
    if resource is None or not resource.exposed or resource.module not in ctx.modules:
        raise ValidationFailed([("resource", "There is no such resource.")])
    if "view" in query.get("filters", {}):
        raise ValidationFailed([(place_of("view"), "A view is not of another view.")])
    try:
        parse_page(_Query(params_of(query)), resource, ctx.views, Own.of(ctx))
    except BadRequest as error:
        told = error.details if isinstance(error.details, dict) else {}
        raise ValidationFailed([(place_of(str(told.get("parameter"))), error.text)]) from None

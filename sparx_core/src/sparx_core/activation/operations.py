"""Turning modules on and off for a tenant; both hold from the next request, everywhere."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from sparx_core.activation.models import Activation
from sparx_core.context import Context
from sparx_core.errors import Conflict, NotFound
from sparx_core.events.types import Event
from sparx_core.fields import Choice, Timestamp
from sparx_core.resources import CORE, Resource, Values, operation
from sparx_core.schemas import ObjectSchema, ResourceSchema


class ActivationSchema(ResourceSchema):
    """A module's state in the tenant."""

    module = fields.String(dump_only=True, metadata={"example": "crm"})
    state = Choice("active", "inactive", dump_only=True)
    updated_at = Timestamp(dump_only=True)


class ModuleSchema(ObjectSchema):
    """An installed module, and its state in the tenant."""

    key = fields.String(required=True, metadata={"example": "crm"})
    title = fields.String(required=True, metadata={"example": "CRM"})
    description = fields.String(required=True, metadata={"example": "Customers and orders."})
    version = fields.String(required=True, metadata={"example": "1.0.0"})
    requires = fields.List(fields.String(), required=True, metadata={"example": []})
    state = Choice("active", "inactive", required=True)


class ModuleActivated(Event):
    """A module was turned on for the tenant."""

    name, resource = "module.activated", "core.activations"


class ModuleDeactivated(Event):
    """A module was turned off for the tenant: its endpoints refuse, its handlers rest."""

    name, resource = "module.deactivated", "core.activations"


activations = Resource("activations", Activation, ActivationSchema, exposed=False)


@operation(
    "GET", "/modules", name="modules.list", scope="read:core", answer=ModuleSchema(many=True)
)
def list_modules(ctx: Context) -> list[Values]:
    """The installed modules with their state in the tenant."""
    states = {row.module: row for row in ctx.all(Activation.select())}
    return [_shown(ctx, key, states.get(key)) for key in ctx.registry.modules if key != CORE]


@operation(
    "POST",
    "/modules/{key}/activate",
    name="modules.activate",
    scope="write:core",
    answer=ModuleSchema,
    emits=[ModuleActivated],
    raises=[NotFound, Conflict],
)
def activate_module(ctx: Context, key: str) -> Values:
    """Turn a module on, with the modules that it requires. Again changes nothing."""
    _known(ctx, key)
    for wanted in dict.fromkeys([*ctx.registry.requires(key), key]):
        row = _row(ctx, wanted)
        if row is not None and row.state == "active":
            continue
        if row is None:
            row = ctx.insert(Activation(module=wanted, state="active"))
        else:
            ctx.update(row, state="active")
        ctx.emit(ModuleActivated(row))
        ctx.refresh_modules()
        ctx.registry.hook(wanted).sparx_activate(ctx=ctx)
    return _shown(ctx, key, _row(ctx, key))


@operation(
    "POST",
    "/modules/{key}/deactivate",
    name="modules.deactivate",
    scope="write:core",
    answer=ModuleSchema,
    emits=[ModuleDeactivated],
    raises=[NotFound, Conflict],
)
def deactivate_module(ctx: Context, key: str) -> Values:
    """Turn a module off. ``conflict`` while a module that requires it is on."""
    _known(ctx, key)
    row = _row(ctx, key)
    if row is None or row.state != "active":
        return _shown(ctx, key, row)
    dependants = [one for one in ctx.registry.dependants(key) if one in ctx.modules]
    if dependants:
        raise Conflict(
            f"Deactivate {', '.join(dependants)} first: they require {key}.",
            details={"requiredBy": dependants},
        )
    ctx.registry.hook(key).sparx_deactivate(ctx=ctx)
    ctx.update(row, state="inactive")
    ctx.emit(ModuleDeactivated(row))
    return _shown(ctx, key, row)


def _known(ctx: Context, key: str) -> None:
    if key == CORE or key not in ctx.registry.modules:
        raise NotFound(f"There is no module called {key[:64]}.")


def _row(ctx: Context, key: str) -> Any:
    query: Any = Activation.select().where(Activation.module == key)
    return ctx.first(query.for_update("FOR NO KEY UPDATE"))


def _shown(ctx: Context, key: str, row: Any) -> Values:
    installed = ctx.registry.modules[key]
    return {
        "key": key,
        "title": installed.module.title,
        "description": installed.module.description,
        "version": installed.version,
        "requires": list(installed.module.requires),
        "state": row.state if row is not None else "inactive",
    }

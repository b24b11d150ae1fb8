"""What the two modules declare: their tables, a list that counts its rows, and their hooks."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peewee import BigIntegerField, TextField

from sparx_core import (
    Choice,
    Context,
    Event,
    Module,
    MoneyField,
    Occurrence,
    Reference,
    Resource,
    ResourceSchema,
    SequenceField,
    SequenceNumber,
    TenantModel,
    Text,
    WholeNumber,
    default,
    hookimpl,
    on,
)
from sparx_core.modules import Installed


def _table(module: str, name: str, **columns: Any) -> type[TenantModel]:
    meta = type("Meta", (), {"schema": module, "table_name": name})
    body = {"__module__": __name__, "Meta": meta, **columns}
    return type(name.title(), (TenantModel,), body)


class Yard(TenantModel):
    """What other tables refer to, and what may be gone when they come back."""

    name = TextField()

    class Meta:
        schema = "yard"
        table_name = "yards"


class Crate(TenantModel):
    """A row with a column of every type; some of them only the database knows."""

    number = SequenceField(start=1)
    name = TextField()
    kind = TextField(constraints=[default("'plain'")])
    count = BigIntegerField(null=True)
    price = MoneyField(null=True)
    parent = Reference("depot.crates", null=True)

    class Meta:
        schema = "depot"
        table_name = "crates"


MODELS = [
    Crate,
    *(
        _table("depot", name)
        for name in (
            "labels", "tickets", "gates", "locks", "deposits", "receipts", "stacks", "pallets",
        )
    ),
]  # fmt: skip


class YardSchema(ResourceSchema):
    name = Text(required=True)


class CrateSchema(ResourceSchema):
    number = SequenceNumber()
    name = Text(required=True)
    kind = Choice("plain", "fragile")
    count = WholeNumber(allow_none=True)


class YardDeleted(Event):
    """A yard was given up."""

    name, resource = "yard.deleted", "yard.yards"


class CrateCreated(Event):
    """A crate was packed."""

    name, resource = "crate.created", "depot.crates"


class Control:
    """What a test makes the hooks of ``depot`` do, and what they did."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.activate: Callable[[Context], None] = lambda ctx: None
        self.deactivate: Callable[[Context], None] = lambda ctx: None
        self.reaction: Callable[[Context, Occurrence], None] = lambda ctx, event: None
        self.called: list[str] = []
        self.handled: list[Occurrence] = []

    def call(self, verb: str, ctx: Context) -> None:
        self.called.append(verb)
        getattr(self, verb)(ctx)


control = Control()

yards = Resource("yards", Yard, YardSchema)
yards.derive(deleted=YardDeleted)
crates = Resource("crates", Crate, CrateSchema, filters=("kind",))
crates.derive(created=CrateCreated)


@on("crate.created")
def react(ctx: Context, event: Occurrence) -> None:
    control.handled.append(event)
    control.reaction(ctx, event)


class OwnModule(Module):
    """A module whose migrations are beside this file."""

    def migrations(self) -> Any:
        return Path(__file__).parent / "migrations" / self.key


def plugin(**hooks: Callable[..., Any]) -> Any:
    return types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})


DEPOT_HOOKS: dict[str, Callable[..., Any]] = {
    "sparx_models": lambda: MODELS,
    "sparx_resources": lambda: [crates],
    "sparx_events": lambda: [CrateCreated],
    "sparx_event_handlers": lambda: [react],
    "sparx_activate": lambda ctx: control.call("activate", ctx),
    "sparx_deactivate": lambda ctx: control.call("deactivate", ctx),
}


def depot(version: str = "1.0.0", **hooks: Callable[..., Any]) -> Installed:
    """The module as some version of its distribution has it."""
    made = OwnModule(
        key="depot",
        title="Depot",
        package="depot",
        requires=("yard",),
        plugin=plugin(**{**DEPOT_HOOKS, **hooks}),
    )
    return Installed(made, "sparx-depot", version)


YARD = Installed(
    OwnModule(
        key="yard",
        title="Yard",
        package="yard",
        plugin=plugin(
            sparx_models=lambda: [Yard],
            sparx_resources=lambda: [yards],
            sparx_events=lambda: [YardDeleted],
        ),
    ),
    "sparx-yard",
    "1.0.0",
)

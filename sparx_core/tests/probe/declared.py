"""What the modules of the tests declare: a noun with children, verbs, facts and reactions."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import falcon
from peewee import IntegerField, TextField

from sparx_core import (
    ApiError,
    Context,
    Document,
    Event,
    Id,
    Job,
    JobKind,
    JsonField,
    Many,
    Module,
    ObjectSchema,
    Occurrence,
    Progress,
    Reference,
    Resource,
    ResourceSchema,
    Runtime,
    SequenceField,
    SequenceNumber,
    TenantModel,
    Text,
    Timestamp,
    WholeNumber,
    bearer,
    default,
    hookimpl,
    on,
    operation,
    scheduled,
)
from sparx_core.modules import Installed
from sparx_core.resources import Values


class Probe(TenantModel):
    """A row with a number, a unique code and children."""

    name = TextField()
    code = TextField(null=True)
    parent = Reference("probe.probes", null=True)
    number = SequenceField(start=1)
    content = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "probe"
        table_name = "probes"
        indexes = ((("code",), True),)


class Note(TenantModel):
    """A child of a probe."""

    probe = Reference("probe.probes", on_delete="CASCADE")
    position = IntegerField()
    text = TextField()

    class Meta:
        schema = "probe"
        table_name = "notes"


class Extra(TenantModel):
    """The one table of the module that depends on another."""

    probe = Reference("probe.probes")

    class Meta:
        schema = "addon"
        table_name = "extras"


class NoteSchema(ObjectSchema):
    text = Text(required=True)


class ProbeSchema(ResourceSchema):
    """A probe on the wire."""

    number = SequenceNumber()
    name = Text(40, required=True)
    code = Text(allow_none=True)
    parent = Id(data_key="parentId", allow_none=True)
    content = Document()
    notes = Many(NoteSchema, Note, by="probe", order_by="position", maximum=3)
    created_at = Timestamp(dump_only=True)


class ExtraSchema(ResourceSchema):
    probe = Id(data_key="probeId", required=True)


class ProbeCreated(Event):
    """A probe was created."""

    name, resource = "probe.created", "probe.probes"


class ProbeUpdated(Event):
    """A probe was changed."""

    name, resource = "probe.updated", "probe.probes"


class ProbeDeleted(Event):
    """A probe was deleted."""

    name, resource = "probe.deleted", "probe.probes"


class ProbeBusy(ApiError):
    """The probe cannot be bothered."""

    code, status, message = "probe_busy", 409, "The probe is busy."


Reaction = Callable[[Context, Occurrence], None]


class Control:
    """What a test makes the modules do, and what they did; emptied after each test."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        #: What ``POST /v1/probe/probes/{id}/do`` does.
        self.operation: Callable[[Context, Probe], Any] = lambda ctx, row: row
        #: What ``POST /v1/probe/call`` does.
        self.call: Callable[[Context], Any] = lambda ctx: {}
        #: What the handler of ``probe.created`` does in module ``probe``, and in ``addon``.
        self.reaction: Reaction = lambda ctx, event: None
        self.addon_reaction: Reaction = lambda ctx, event: None
        #: What the task of module ``probe`` does.
        self.later: Callable[[Context, UUID], None] = lambda ctx, row: None
        #: What a step of the jobs of module ``probe`` does.
        self.step: Callable[[Context, Job], Progress] = lambda ctx, job: Progress(done=True)
        #: What the activation hooks do, by ("activate", "probe").
        self.hooks: dict[tuple[str, str], Callable[[Context], None]] = {}
        self.hooks_called: list[tuple[str, str]] = []
        #: The events that ``probe``'s handlers saw, in order.
        self.seen: list[Occurrence] = []

    def hook(self, verb: str, module: str, ctx: Context) -> None:
        self.hooks_called.append((verb, module))
        self.hooks.get((verb, module), lambda _: None)(ctx)


control = Control()

probes = Resource("probes", Probe, ProbeSchema, search=("name", "code"), filters=("code",))
probes.derive(deleted=ProbeDeleted)
extras = Resource("extras", Extra, ExtraSchema)


@probes.create(emits=[ProbeCreated])
def create_probe(ctx: Context, data: Values) -> Probe:
    """Create a probe with its notes."""
    notes = data.pop("notes", [])
    row = ctx.insert(Probe(**data))
    ctx.insert_all(
        Note(probe=row.id, position=position, **note) for position, note in enumerate(notes)
    )
    ctx.emit(ProbeCreated(row))
    return row


class ProbeChange(ObjectSchema):
    """What of a probe can be changed: not its notes."""

    name = Text(40, required=True)
    code = Text(allow_none=True)
    parent = Id(data_key="parentId", allow_none=True)
    content = Document()


@probes.update(body=ProbeChange, emits=[ProbeUpdated])
def change_probe(ctx: Context, row: Probe, data: Values) -> Probe:
    """Change a probe."""
    ctx.update(row, **data)
    if ctx.writes:
        ctx.emit(ProbeUpdated(row))
    return row


class DoSchema(ObjectSchema):
    times = WholeNumber()


@probes.action("do", body=DoSchema, emits=[ProbeUpdated])
def do_as_the_test_says(ctx: Context, row: Probe, data: Values) -> Any:
    """Whatever the test put into ``control.operation``."""
    return control.operation(ctx, row)


@probes.action("seal", raises=[])
def seal_probe(ctx: Context, row: Probe) -> Probe:
    """Something for those who may more than write, and have seen what they do it to."""
    return ctx.update(row, code="sealed")


probes.demand("seal", scope="seal:probe", version=True)


@operation("POST", "/call", name="call", module="probe", scope="write:probe")
def call_as_the_test_says(ctx: Context) -> Any:
    """Whatever the test put into ``control.call``."""
    return control.call(ctx)


@on("probe.created")
def react(ctx: Context, event: Occurrence) -> None:
    control.seen.append(event)
    control.reaction(ctx, event)


@on("probe.updated")
def follow(ctx: Context, event: Occurrence) -> None:
    control.seen.append(event)


@on("probe.created")
def react_too(ctx: Context, event: Occurrence) -> None:
    control.addon_reaction(ctx, event)


@scheduled
def do_later(ctx: Context, probe: UUID) -> None:
    control.later(ctx, probe)


work = JobKind("probe.work", lambda ctx, job: control.step(ctx, job))


class Who:
    """A route written by hand: the slug of the caller's tenant, as plain text."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        key = bearer(request.get_header("Authorization"))
        with self.runtime.as_key(key, read_only=True) as ctx:
            ctx.require("probe", "read:probe")
            response.text = ctx.tenant.slug


class OwnModule(Module):
    """A module whose migrations are beside this file."""

    def migrations(self) -> Any:
        return Path(__file__).parent / "migrations" / self.key


def _plugin(**hooks: Callable[..., Any]) -> Any:
    return types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})


def _switches(module: str) -> dict[str, Callable[..., Any]]:
    return {
        "sparx_activate": lambda ctx: control.hook("activate", module, ctx),
        "sparx_deactivate": lambda ctx: control.hook("deactivate", module, ctx),
    }


probe_module = OwnModule(
    key="probe",
    title="Probe",
    package="probe",
    plugin=_plugin(
        sparx_models=lambda: [Probe, Note],
        sparx_resources=lambda: [probes, call_as_the_test_says],
        sparx_events=lambda: [ProbeCreated, ProbeUpdated, ProbeDeleted],
        sparx_event_handlers=lambda: [react, follow],
        sparx_tasks=lambda: [do_later],
        sparx_job_kinds=lambda: [work],
        sparx_errors=lambda: [ProbeBusy],
        sparx_routes=lambda: [("/v1/probe/who", Who)],
        sparx_hosts=lambda: [("probe", "/v1/probe/who")],
        **_switches("probe"),
    ),
)
addon_module = OwnModule(
    key="addon",
    title="Add-on",
    package="addon",
    requires=("probe",),
    plugin=_plugin(
        sparx_models=lambda: [Extra],
        sparx_resources=lambda: [extras],
        sparx_event_handlers=lambda: [react_too],
        **_switches("addon"),
    ),
)

INSTALLED = [
    Installed(probe_module, "sparx-probe", "1.0.0"),
    Installed(addon_module, "sparx-addon", "1.0.0"),
]

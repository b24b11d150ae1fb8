"""Modules that cannot live together are refused at start, and the message names both sides."""

from __future__ import annotations

import types
from typing import Any

import pluggy
import pytest
from peewee import TextField

from sparx_core import (
    ApiError,
    Event,
    Handler,
    JobKind,
    Many,
    Module,
    Progress,
    Reference,
    Resource,
    ResourceSchema,
    TenantModel,
    Text,
    hookimpl,
    operation,
)
from sparx_core.modules import Installed, RegistryError
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.version import VERSION


def installed(key: str, distribution: str = "", **more: Any) -> Installed:
    """A module with the hooks that are given as functions; the rest goes to ``Module``."""
    hooks = {name: hookimpl(value) for name, value in more.items() if name.startswith("sparx_")}
    rest = {name: value for name, value in more.items() if not name.startswith("sparx_")}
    plugin = rest.pop("plugin", types.SimpleNamespace(**hooks))
    module = Module(key=key, title=key.title(), package=key, plugin=plugin, **rest)
    return Installed(module, distribution or f"sparx-{key}", "1.2.3")


CORE = Installed(core_module, "sparx-core", VERSION)


def model_in(schema: str, table: str) -> type[TenantModel]:
    meta = type("Meta", (), {"schema": schema, "table_name": table})
    return type("Thing", (TenantModel,), {"name": TextField(), "Meta": meta})


class ThingSchema(ResourceSchema):
    name = Text(required=True)


def resource_in(schema: str, name: str = "things") -> Resource:
    return Resource(name, model_in(schema, name), ThingSchema)


def call_at(path: str, name: str, module: str) -> Any:
    @operation("POST", path, name=name, module=module)
    def called(ctx: Any) -> dict[str, Any]:
        """Called."""
        return {}

    return called


class Busy(ApiError):
    code, status, message = "busy", 409, "Busy."


class OtherBusy(ApiError):
    code, status, message = "busy", 409, "Busy, too."


class Stolen(ApiError):
    code, status, message = "not_found", 410, "Taken from the core."


class Happened(Event):
    name, resource = "thing.happened", "one.things"


class HappenedElsewhere(Event):
    name, resource = "thing.happened", "one.things"


def react(ctx: Any, event: Any) -> None:
    """A handler."""


def refuse(*modules: Installed) -> str:
    with pytest.raises(RegistryError) as raised:
        Registry([CORE, *modules])
    return str(raised.value)


def test_good_modules_are_accepted() -> None:
    registry = Registry(
        [
            CORE,
            installed("two", requires=("one",)),
            installed(
                "one",
                sparx_models=lambda: [model_in("one", "things")],
                sparx_resources=lambda: [resource_in("one")],
                sparx_errors=lambda: [Busy],
                sparx_events=lambda: [Happened],
                sparx_event_handlers=lambda: [Handler("thing.happened", react)],
                sparx_routes=lambda: [("/one/upload", object())],
            ),
        ]
    )
    assert list(registry.modules) == ["core", "one", "two"]
    assert registry.quarantined == []
    assert "one.things.list" in registry.operations
    assert registry.errors["busy"] is Busy
    assert list(registry.requires("two")) == ["one"]
    assert registry.dependants("one") == ["two"]


def test_duplicate_key() -> None:
    told = refuse(installed("one", "sparx-one"), installed("one", "their-one"))
    assert "'one'" in told
    assert "sparx-one 1.2.3" in told
    assert "their-one 1.2.3" in told


DUPLICATES: dict[str, tuple[str, tuple[Installed, Installed]]] = {
    "table": (
        "table 'one.things'",
        (
            installed("one", sparx_models=lambda: [model_in("one", "things")]),
            installed("two", sparx_models=lambda: [model_in("one", "things")]),
        ),
    ),
    "resource": (
        "resource 'one.things'",
        (
            installed("one", sparx_resources=lambda: [resource_in("one")]),
            installed("two", sparx_resources=lambda: [resource_in("one")]),
        ),
    ),
    "operation": (
        "operation 'one.go'",
        (
            installed("one", sparx_resources=lambda: [call_at("/go", "go", "one")]),
            installed("two", sparx_resources=lambda: [call_at("/went", "go", "one")]),
        ),
    ),
    "route of operations": (
        "route 'POST /v1/one/go'",
        (
            installed("one", sparx_resources=lambda: [call_at("/go", "go", "one")]),
            installed("two", sparx_resources=lambda: [call_at("/go", "went", "one")]),
        ),
    ),
    "written route": (
        "route '/upload'",
        (
            installed("one", sparx_routes=lambda: [("/upload", object())]),
            installed("two", sparx_routes=lambda: [("/upload", object())]),
        ),
    ),
    "host": (
        "host 'up'",
        tuple(
            installed(
                key,
                sparx_routes=lambda key=key: [(f"/{key}", object())],
                sparx_hosts=lambda key=key: [("up", f"/{key}")],
            )
            for key in ("one", "two")
        ),
    ),
    "event": (
        "event 'thing.happened'",
        (
            installed(
                "one",
                sparx_resources=lambda: [resource_in("one")],
                sparx_events=lambda: [Happened],
            ),
            installed("two", sparx_events=lambda: [HappenedElsewhere]),
        ),
    ),
    "error code": (
        "error code 'busy'",
        (
            installed("one", sparx_errors=lambda: [Busy]),
            installed("two", sparx_errors=lambda: [OtherBusy]),
        ),
    ),
}


@pytest.mark.parametrize("what", DUPLICATES)
def test_duplicate(what: str) -> None:
    named, modules = DUPLICATES[what]
    told = refuse(*modules)
    assert named in told
    assert "sparx-one 1.2.3" in told
    assert "sparx-two 1.2.3" in told


def test_route_under_an_operation_of_another_module() -> None:
    told = refuse(
        installed("one", sparx_resources=lambda: [call_at("/go", "go", "one")]),
        installed("two", sparx_routes=lambda: [("/v1/one/go", object())]),
    )
    assert "/v1/one/go" in told
    assert "sparx-one 1.2.3" in told
    assert "sparx-two 1.2.3" in told


@pytest.mark.parametrize("path", ["/health", "/elsewhere"])
def test_host_of_a_route_that_is_not_its_own(path: str) -> None:
    told = refuse(installed("one", sparx_hosts=lambda: [("up", path)]))
    assert "sparx-one 1.2.3" in told
    assert f"gives a host to {path}" in told


def test_a_kind_of_jobs_is_called_after_its_module() -> None:
    kind = JobKind("two.work", lambda ctx, job: Progress(done=True))
    told = refuse(installed("one", sparx_job_kinds=lambda: [kind]))
    assert "sparx-one 1.2.3" in told
    assert "has jobs called two.work" in told


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_route_of_the_core(path: str) -> None:
    told = refuse(installed("one", sparx_routes=lambda: [(path, object())]))
    assert f"route {path!r}" in told
    assert "sparx-core" in told
    assert "sparx-one 1.2.3" in told


def test_error_code_of_the_core() -> None:
    told = refuse(installed("one", sparx_errors=lambda: [Stolen]))
    assert "error code 'not_found'" in told
    assert "sparx-core" in told
    assert "sparx-one 1.2.3" in told


@pytest.mark.parametrize("what", DUPLICATES)
def test_duplicate_inside_one_module(what: str) -> None:
    named, (one, two) = DUPLICATES[what]
    hooks: dict[str, Any] = {}
    for plugin in (one.module.plugin, two.module.plugin):
        for name, hook in vars(plugin).items():
            hooks.setdefault(name, []).append(hook)
    together = {
        name: lambda parts=parts: [item for part in parts for item in part()]
        for name, parts in hooks.items()
    }
    told = refuse(installed("one", **together))
    assert named in told
    assert "twice by one (sparx-one 1.2.3)" in told


def test_two_handlers_of_one_name() -> None:
    one = Handler("thing.happened", react)
    told = refuse(
        installed(
            "one",
            sparx_resources=lambda: [resource_in("one")],
            sparx_events=lambda: [Happened],
            sparx_event_handlers=lambda: [one, Handler("other.happened", react)],
        )
    )
    assert "handler 'one.react'" in told
    assert "sparx-one 1.2.3" in told


def test_table_outside_the_modules_schema() -> None:
    told = refuse(installed("one", sparx_models=lambda: [model_in("core", "things")]))
    assert "core.things" in told
    assert "sparx-one 1.2.3" in told


def test_cycle() -> None:
    told = refuse(
        installed("one", requires=("two",)),
        installed("three", requires=("one",)),
        installed("two", requires=("three",)),
    )
    for key in ("one", "two", "three"):
        assert key in told
    assert "require each other" in told


def test_module_that_requires_itself() -> None:
    assert "one > one" in refuse(installed("one", requires=("one",)))


def test_unknown_hook() -> None:
    told = refuse(installed("one", sparx_resorces=lambda: [Busy]))
    assert "sparx_resorces" in told
    assert "sparx-one 1.2.3" in told


def test_hook_with_unknown_argument() -> None:
    told = refuse(installed("one", sparx_activate=lambda context: None))
    assert "context" in told
    assert "sparx-one 1.2.3" in told


def test_specname() -> None:
    def other_name() -> list[Any]:
        return []

    marked = pluggy.HookimplMarker("sparx")(specname="sparx_models")(other_name)
    told = refuse(installed("one", plugin=types.SimpleNamespace(other_name=marked)))
    assert "specname" in told
    assert "other_name" in told
    assert "sparx-one 1.2.3" in told


def test_emitted_event_that_nobody_declares() -> None:
    resource = resource_in("one")

    @resource.create(emits=[Happened])
    def create(ctx: Any, data: Any) -> Any:
        """Create."""

    told = refuse(installed("one", sparx_resources=lambda: [resource]))
    assert "one.things.create" in told
    assert "thing.happened" in told


def test_event_about_something_that_is_no_resource() -> None:
    told = refuse(installed("one", sparx_events=lambda: [Happened]))
    assert "thing.happened" in told
    assert "one.things" in told


def test_verb_declared_twice() -> None:
    resource = resource_in("one")
    resource.action("go")(lambda ctx, row: row)
    with pytest.raises(ValueError, match=r"one\.things declares go twice"):
        resource.action("go")(lambda ctx, row: row)


@pytest.mark.parametrize("verb", ["created", "updated"])
def test_derived_writes_of_a_resource_with_children(verb: str) -> None:
    child = model_in("one", "parts")

    class WholeSchema(ResourceSchema):
        parts = Many(ThingSchema, child, by="name", order_by="name")

    resource = Resource("wholes", model_in("one", "wholes"), WholeSchema)
    with pytest.raises(ValueError, match=r"one\.wholes: derive\(\) does not write parts"):
        resource.derive(**{verb: Happened})


def test_dependency_order_is_not_that_of_the_names() -> None:
    registry = Registry(
        [
            installed("aa", requires=("zz",)),
            installed("mm"),
            CORE,
            installed("zz", requires=("mm",)),
        ]
    )
    assert list(registry.modules) == ["core", "mm", "zz", "aa"]
    assert list(registry.requires("aa")) == ["mm", "zz"]


def model_referring_to(schema: str, target: str) -> type[TenantModel]:
    meta = type("Meta", (), {"schema": schema, "table_name": "links"})
    return type("Link", (TenantModel,), {"thing": Reference(target), "Meta": meta})


def test_reference_to_a_module_that_is_not_required() -> None:
    told = refuse(
        installed("one", sparx_models=lambda: [model_in("one", "things")]),
        installed("two", sparx_models=lambda: [model_referring_to("two", "one.things")]),
    )
    assert "two.links of two (sparx-two 1.2.3) refers to one.things" in told
    assert "a table of one" in told


def test_reference_to_nothing() -> None:
    told = refuse(installed("two", sparx_models=lambda: [model_referring_to("two", "two.nothing")]))
    assert "two.links" in told
    assert "no table that a module declares" in told


@pytest.mark.parametrize("requires", [("one",), ("three",)])
def test_reference_follows_requires(requires: tuple[str, ...]) -> None:
    registry = Registry(
        [
            CORE,
            installed("one", sparx_models=lambda: [model_in("one", "things")]),
            installed("three", requires=("one",)),
            installed(
                "two",
                requires=requires,
                sparx_models=lambda: [model_referring_to("two", "one.things")],
            ),
        ]
    )
    assert "two.links" in registry.models

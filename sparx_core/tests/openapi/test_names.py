"""Names of components, and what is refused at start because it could not be described."""

from __future__ import annotations

import types
from typing import Any

import pytest
from peewee import TextField

from sparx_core import (
    ApiError,
    Context,
    Embedded,
    Event,
    JsonField,
    Module,
    ObjectSchema,
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
from sparx_core.surfaces.openapi.document import Documents

from .contract import content_of, operations, problems


def table(module: str, name: str) -> Any:
    """A table of a module with a name and a document."""
    meta = type("Meta", (), {"schema": module, "table_name": name})
    body = {"name": TextField(), "spots": JsonField(), "Meta": meta, "__module__": __name__}
    return type(name.title(), (TenantModel,), body)


def schema(name: str, **declared: Any) -> Any:
    return type(name, (ResourceSchema,), {"name": Text(), **declared})


def documents(module: str = "one", **hooks: Any) -> Documents:
    plugin = types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})
    found = Module(key=module, title="One", package="one", plugin=plugin)
    core = Installed(core_module, "sparx-core", "1.0.0")
    return Documents(Registry([core, Installed(found, "sparx-one", "1.0.0")]))


def of_resources(*resources: Resource) -> dict[str, Any]:
    return content_of(
        documents(
            sparx_models=lambda: [one.model for one in resources],
            sparx_resources=lambda: list(resources),
        ).everything()
    )


def test_names_follow_module_and_schema_class() -> None:
    things = Resource("things", table("one", "things"), schema("ThingSchema"))
    things.create()(lambda ctx, data: None)
    things.update()(lambda ctx, row, data: None)
    things.action("mark_done", body=type("Done", (ObjectSchema,), {"why": Text()}))(
        lambda ctx, row, data: None
    )
    found = of_resources(things)["components"]["schemas"]
    assert {name for name in found if name.startswith("One")} == {
        "OneThing",
        "OneThingSelection",
        "OneThingCreate",
        "OneThingUpdate",
        "OneThingMarkDone",
        "OneThingBatch",
    }


def test_two_resources_of_one_schema_class() -> None:
    shared = schema("ThingSchema")
    resources = [Resource(name, table("one", name), shared) for name in ("things", "others")]
    with pytest.raises(RegistryError) as refused:
        of_resources(*resources)
    for part in ("'OneThing'", "one.things", "one.others"):
        assert part in str(refused.value)


def test_schema_class_that_is_called_like_a_body() -> None:
    things = Resource("things", table("one", "things"), schema("ThingSchema"))
    things.create()(lambda ctx, data: None)
    others = Resource("others", table("one", "others"), schema("ThingCreateSchema"))
    with pytest.raises(RegistryError, match="'OneThingCreate'"):
        of_resources(things, others)


def test_schema_class_in_two_forms_is_two_components() -> None:
    spot = type("SpotSchema", (ObjectSchema,), {"place": Text(required=True)})
    things = Resource("things", table("one", "things"), schema("ThingSchema", spots=Embedded(spot)))
    things.create()(lambda ctx, data: None)
    document = of_resources(things)
    sent, shown = (document["components"]["schemas"][name] for name in ("OneSpotInput", "OneSpot"))
    assert sent["additionalProperties"] is False
    assert "additionalProperties" not in shown
    assert problems(document, sent, {"place": ""})
    assert not problems(document, shown, {"place": "", "new": 1})


class Untold(ApiError):
    """Nobody declares it."""

    code, status, message = "untold", 409, "Untold."


def test_error_that_no_module_declares() -> None:
    things = Resource("things", table("one", "things"), schema("ThingSchema"))
    things.delete(raises=[Untold])(lambda ctx, row: None)
    with pytest.raises(RegistryError, match=r"one\.things\.delete raises untold"):
        of_resources(things)


class Told(ApiError):
    """The module declares it."""

    code, status, message = "told", 409, "Told."


class Happened(Event):
    """A thing happened."""

    name, resource = "thing.happened", "one.things"


def test_operation_that_declares_what_it_raises_and_answers() -> None:
    class CountSchema(ObjectSchema):
        """How many there are."""

        count = Text(required=True)

    @operation("GET", "/counts/{day:int}", name="count", module="one", raises=[],
               answer=CountSchema(many=True))  # fmt: skip
    def count(ctx: Context, day: int) -> list[dict[str, str]]:
        """Count."""
        return []

    @operation("GET", "/told/{word}", name="told", module="one")
    def told(ctx: Context, word: str) -> None:
        """Say ``<script>`` and :class:`~x.Y`, *this*."""

    document = content_of(
        documents(sparx_errors=lambda: [Told], sparx_resources=lambda: [count, told]).everything()
    )
    found = operations(document)
    method, path, content = found["one.count"]
    assert (method, path) == ("GET", "/v1/one/counts/{day}")
    (parameter,) = content["parameters"]
    assert (parameter["name"], parameter["schema"]) == ("day", {"type": "integer"})
    data = content["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert data["data"]["items"] == {"$ref": "#/components/schemas/OneCount"}
    assert list(content["responses"]) == ["200", "400", "401", "403", "429", "500", "503"]
    # Nothing is declared: whatever its module may raise counts.
    assert set(found["one.told"][2]["responses"]) == {
        *("200", "400", "401", "403", "404", "409", "429", "500", "503")
    }
    assert found["one.told"][2]["summary"] == "Say `<script>` and `x.Y`, *this*."

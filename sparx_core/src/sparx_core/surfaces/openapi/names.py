"""The names of component schemas: readable, and the same whichever modules are active.

``OrderSchema`` of module ``crm`` is ``CrmOrder``. Two things that would have the same name are
refused at start: generated clients are written against these names.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from sparx_core.fields import Many
from sparx_core.forms import body_schema
from sparx_core.modules import RegistryError
from sparx_core.read.view import schema_instance
from sparx_core.registry import Registry
from sparx_core.resources import Kind, Operation
from sparx_core.schemas import ObjectSchema
from sparx_core.surfaces.openapi.fields import described

#: Components that belong to no module.
SHARED = ("Deleted", "Error", "Health", "ListMeta", "Problem", "Readiness")

Schema = type[ObjectSchema]


class Names:
    """The name of every component that a registry can need.

    A component is told by what it describes: ``("resource", key)``, ``("selection", key)``,
    ``("body", operation)``; and by module and schema class ``("rows", ...)`` of a ``Many``,
    ``("rows selection", ...)``, ``("object", ...)`` for objects that are shown and
    ``("input", ...)`` for those that are sent. Raises ``RegistryError`` if two share a name.
    """

    def __init__(self, registry: Registry) -> None:
        self._names: dict[Hashable, str] = {}
        self._holders: dict[str, str] = dict.fromkeys(SHARED, "the core")
        self._resources = list(registry.resources.values())
        for resource in self._resources:
            noun = noun_of(resource.module, resource.schema)
            self._claim(("resource", resource.key), noun, resource.key)
            self._claim(("selection", resource.key), f"{noun}Selection", resource.key)
            self._shown(resource.module, resource.schema)
        for _, module, schema in registry.extensions:
            self._shown(module, schema)
        for operation in registry.operations.values():
            self._operation(operation)

    def __getitem__(self, component: Hashable) -> str:
        return self._names[component]

    def _operation(self, operation: Operation) -> None:
        body = body_schema(operation)
        if body is not None:
            self._claim(("body", operation.name), name_of_body(operation), operation.name)
        if body is not None and operation.kind is not Kind.BATCH:  # it is described entry by entry
            self._objects("input", operation.module, schema_instance(body).load_fields)
        if operation.meta is not None:
            self._object("object", operation.module, operation.meta)
        if operation.answer is not None:
            answer = operation.answer
            schema = answer if isinstance(answer, type) else type(answer)
            if not any(one.schema is schema for one in self._resources):
                self._object("object", operation.module, schema)

    def _shown(self, module: str, schema: Schema) -> None:
        fields = schema_instance(schema).dump_fields
        for field in fields.values():
            if isinstance(field, Many):
                self._rows(module, field.schema_class)
        others = {name: one for name, one in fields.items() if not isinstance(one, Many)}
        self._objects("object", module, others)

    def _rows(self, module: str, schema: Schema) -> None:
        noun = noun_of(module, schema)
        if self._claim(("rows", module, schema), noun, f"rows of {schema.__name__}"):
            self._claim(("rows selection", module, schema), f"{noun}Selection", schema.__name__)
            self._shown(module, schema)

    def _objects(self, role: str, module: str, fields: dict[str, Any]) -> None:
        for field in fields.values():
            for schema in object_schemas(described(field)):
                self._object(role, module, schema)

    def _object(self, role: str, module: str, schema: Schema) -> None:
        name = noun_of(module, schema) + ("Input" if role == "input" else "")
        if self._claim((role, module, schema), name, f"{schema.__module__}.{schema.__name__}"):
            found = schema_instance(schema)
            fields = found.load_fields if role == "input" else found.dump_fields
            self._objects(role, module, fields)

    def _claim(self, component: Hashable, name: str, holder: str) -> bool:
        """Whether the component is new."""
        if component in self._names:
            return False
        if name in self._holders:
            raise RegistryError(
                f"both {self._holders[name]} and {holder} would be called {name!r} in the OpenAPI"
                " document; give one of their schema classes another name"
            )
        self._names[component], self._holders[name] = name, holder
        return True


def noun_of(module: str, schema: Schema) -> str:
    """``CrmOrder`` for the class ``OrderSchema`` of module ``crm``."""
    return pascal(module) + (schema.__name__.removesuffix("Schema") or schema.__name__)


def name_of_body(operation: Operation) -> str:
    """``CrmOrderCreate``, or for an operation without a resource its whole name."""
    if operation.resource is None:
        return pascal(operation.name)
    verb = operation.name.rpartition(".")[2]
    return noun_of(operation.module, operation.resource.schema) + pascal(verb)


def pascal(name: str) -> str:
    """``crm.mark_paid`` as ``CrmMarkPaid``."""
    words = name.replace(".", "_").replace("-", "_").split("_")
    return "".join(word[:1].upper() + word[1:] for word in words)


def object_schemas(value: Any) -> Iterator[Schema]:
    """The schema classes that a JSON Schema still refers to as such."""
    if isinstance(value, type) and issubclass(value, ObjectSchema):
        yield value
    elif isinstance(value, dict):
        for nested in value.values():
            yield from object_schemas(nested)
    elif isinstance(value, list):
        for nested in value:
            yield from object_schemas(nested)

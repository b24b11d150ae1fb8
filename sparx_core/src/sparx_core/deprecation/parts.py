"""Every part of the API that goes away, as the registry's declarations say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from marshmallow import fields

from sparx_core.deprecation.declared import Deprecated
from sparx_core.fields import Embedded, Many, Related
from sparx_core.read.view import schema_instance
from sparx_core.resources import Kind, Operation, Resource
from sparx_core.schemas import ObjectSchema, camel

if TYPE_CHECKING:
    from sparx_core.registry import Registry

FieldPath = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A part that goes away: its kind (operation, field, parameter, event) and its name."""

    kind: str
    name: str
    module: str
    deprecated: Deprecated
    place: str

    @property
    def key(self) -> str:
        """How calls of it are stored."""
        return f"{self.kind}:{self.name}"

    @property
    def link(self) -> str:
        return self.deprecated.link or self.place


class Parts:
    """The parts of a registry that go away; of most there are none."""

    def __init__(self, registry: Registry) -> None:
        self._views = registry.views(frozenset(registry.modules))
        self.operations: dict[str, Part] = {}
        #: What a body may hold, by operation and path.
        self.sent: dict[str, dict[FieldPath, Part]] = {}
        #: What a query may ask, by resource and name of the parameter.
        self.parameters: dict[str, dict[str, Part]] = {}
        self._shown: dict[str, dict[FieldPath, Part]] = {}
        self.events: list[Part] = []
        for resource in registry.resources.values():
            self._collect_resource(resource, registry)
        for operation in registry.operations.values():
            self._collect_operation(operation)
        for operation in registry.operations.values():
            if operation.kind is Kind.BATCH:
                self._collect_batch(operation)
        for event in registry.events.values():
            if event.deprecated is not None:
                module = registry.event_modules[event.name]
                place = f"/docs/events#{event.name}"
                self.events.append(Part("event", event.name, module, event.deprecated, place))

    @property
    def some(self) -> bool:
        """Whether anything goes away that a request can use."""
        return bool(self.operations or self.sent or self.parameters or self._shown)

    def all(self) -> list[Part]:
        """Each once, by kind and name."""
        found: dict[str, Part] = {}
        for group in (self.sent, self.parameters, self._shown):
            for parts in group.values():
                found |= {one.key: one for one in parts.values()}
        for one in (*self.operations.values(), *self.events):
            found[one.key] = one
        return [found[key] for key in sorted(found)]

    def selected(self, resource: Resource, path: str) -> Iterator[Part]:
        """What goes away of what a path of ``fields`` or ``include`` goes through."""
        key: str = resource.key
        within: FieldPath = ()
        view = self._views.resource(key)
        for name in path.split("."):
            within = (*within, name)
            part = self._shown.get(key, {}).get(within)
            if part is not None:
                yield part
            relation = view.relations.get(name)
            if relation is None:
                return
            view = self._views.related(relation)
            if relation.resource is not None:
                key, within = relation.resource.key, ()

    # -- collecting ------------------------------------------------------------------------

    def _collect_resource(self, resource: Resource, registry: Registry) -> None:
        place = _place(resource.operations.values())
        schemas: list[tuple[str, type[ObjectSchema]]] = [(resource.module, resource.schema)]
        schemas += [one[1:] for one in registry.extensions if one[0] == resource.key]
        shown = {
            path: Part("field", _name(resource.key, path), module, one, place)
            for module, schema in schemas
            for path, one in _of_shown(schema, ())
        }
        if shown:
            self._shown[resource.key] = shown
        parameters = {
            name: Part("parameter", _name(resource.key, (name,)), resource.module, one, place)
            for name, one in (dict(_filters(resource)) | resource.deprecated_parameters).items()
        }
        if parameters:
            self.parameters[resource.key] = parameters

    def _collect_operation(self, operation: Operation) -> None:
        place = _place([operation])
        if operation.deprecated is not None:
            part = Part("operation", operation.name, operation.module, operation.deprecated, place)
            self.operations[operation.name] = part
        if operation.body is None:
            return
        resource = operation.resource
        of_resource = resource is not None and operation.body is resource.schema
        name = resource.key if resource is not None and of_resource else operation.name
        sent = {
            path: Part("field", _name(name, path), operation.module, one, place)
            for path, one in deprecated_fields(operation.body).items()
        }
        if sent:
            self.sent[operation.name] = sent

    def _collect_batch(self, batch: Operation) -> None:
        """What its entries may hold: they are the bodies of other operations of the resource."""
        assert batch.resource is not None
        found: dict[FieldPath, Part] = {}
        for one in batch.resource.operations.values():
            if one.kind in (Kind.CREATE, Kind.UPDATE):
                found = {**self.sent.get(one.name, {}), **found}
        if found:
            self.sent[batch.name] = found


@lru_cache(maxsize=8)
def parts_of(registry: Registry) -> Parts:
    """The parts of a registry, which never changes."""
    return Parts(registry)


@lru_cache(maxsize=4096)
def deprecated_fields(schema: type[ObjectSchema]) -> Mapping[FieldPath, Deprecated]:
    """The fields of a body that go away, by their path on the wire; entries of lists have none."""
    return dict(_of_schema(schema, ()))


def deprecation_of(field: fields.Field[Any]) -> Deprecated | None:
    """What a field's metadata says."""
    found = field.metadata.get("deprecated")
    if found is not None and not isinstance(found, Deprecated):
        raise TypeError(f"{field.data_key}: deprecated is a Deprecated, and not {found!r}")
    return found


def _of_schema(
    schema: type[ObjectSchema], path: FieldPath, seen: frozenset[type[ObjectSchema]] = frozenset()
) -> Iterator[tuple[FieldPath, Deprecated]]:
    """Of what is sent."""
    if schema in seen:
        return
    for field in schema_instance(schema).load_fields.values():
        here = (*path, str(field.data_key))
        found = deprecation_of(field)
        if found is not None:
            yield here, found
        inner = _inner(field)
        if inner is not None:
            yield from _of_schema(inner, here, seen | {schema})


def _of_shown(
    schema: type[ObjectSchema], path: FieldPath
) -> Iterator[tuple[FieldPath, Deprecated]]:
    """Of what can be selected: a reference also by the name of what it leads to."""
    for field in schema_instance(schema).dump_fields.values():
        here = (*path, str(field.data_key))
        found = deprecation_of(field)
        if found is not None:
            yield here, found
            if isinstance(field, Related):
                yield (*path, camel(str(field.name))), found
        if isinstance(field, Many):
            yield from _of_shown(field.schema_class, here)


def _inner(field: Any) -> type[ObjectSchema] | None:
    """The schema of the objects inside a field."""
    if isinstance(field, Many | Embedded):
        return field.schema_class
    if isinstance(field, fields.List):
        return _inner(field.inner)
    if isinstance(field, fields.Nested) and isinstance(field.schema, ObjectSchema):
        return type(field.schema)
    return None


def _filters(resource: Resource) -> Iterator[tuple[str, Deprecated]]:
    """Those by fields that go away go with them."""
    for name, one in resource.listing.filters.items():
        found = deprecation_of(one.field)
        if found is not None:
            yield name, found


def _name(prefix: str, path: FieldPath) -> str:
    return ".".join((prefix, *path))


def _place(operations: Any) -> str:
    """Where the reference tells of it."""
    for one in operations:
        return f"/docs/reference/{one.module}#{one.name}"
    return "/docs/reference"

"""Checks at start: what fields lead to is there whenever the fields are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparx_core.derived import RelatedList
from sparx_core.fields import Many, Related
from sparx_core.modules import RegistryError
from sparx_core.read.listing import BadSort
from sparx_core.read.view import schema_instance
from sparx_core.resources import CORE, Resource
from sparx_core.schemas import ObjectSchema

if TYPE_CHECKING:
    from sparx_core.registry import Registry


def check_relations(registry: Registry) -> None:
    """Raise ``RegistryError`` for a relation, a search or a transition that leads nowhere."""
    for resource in registry.resources.values():
        _check_fields(registry, resource.key, resource.module, resource.schema)
        _check_search(registry, resource)
        _check_machine(registry, resource)
    for key, module, schema in registry.extensions:
        _check_fields(registry, key, module, schema)


def _check_fields(registry: Registry, key: str, module: str, schema: type[ObjectSchema]) -> None:
    """What a field leads to is a resource that is there whenever the field is."""
    within = {module, CORE, *registry.requires(module)}
    for field in schema_instance(schema).dump_fields.values():
        if isinstance(field, Many):
            _check_fields(registry, f"{key}.{field.data_key}", module, field.schema_class)
        if not isinstance(field, Related | RelatedList):
            continue
        target = registry.resources.get(field.resource)
        problem = None
        if target is None or target.module not in within:
            problem = "no resource of the modules that it requires"
        elif isinstance(field, RelatedList):
            problem = _wrong_list(field, key, target)
        if problem:
            raise RegistryError(
                f"{field.data_key} of {key}, by {registry.modules[module]}, leads to"
                f" {field.resource}: {problem}"
            )


def _check_search(registry: Registry, resource: Resource) -> None:
    for name in resource.listing.search_related.values():
        if registry.resources[name].listing.searched is None:
            raise RegistryError(
                f"{resource.key} is searched by {name}, which itself is not searched"
            )


def _check_machine(registry: Registry, resource: Resource) -> None:
    """What readers are told that they may do is something that can be done."""
    offered = resource.machine.offered() if resource.machine else {}
    for name in offered:
        if name not in resource.operations:
            raise RegistryError(
                f"{resource.key} of {registry.modules[resource.module]} declares no operation for"
                f" the transition {name}"
            )


def _wrong_list(field: RelatedList, key: str, target: Resource) -> str | None:
    """What is wrong with a list of the rows that refer to ``key``, if anything is."""
    by = schema_instance(target.schema).fields.get(field.by)
    if not isinstance(by, Related) or by.resource != key:
        return f"its field {field.by!r} is no Related to {key}"
    try:
        target.listing.ordering(field.sort)
    except BadSort as error:
        return str(error)
    return None

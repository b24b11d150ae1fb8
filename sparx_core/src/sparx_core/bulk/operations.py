"""The operations on many rows that come with a resource: derived from those on one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sparx_core.bulk.schemas import BatchSchema
from sparx_core.errors import BatchFailed
from sparx_core.events.types import Event
from sparx_core.resources import Kind, Operation, Resource

_WRITES = (Kind.CREATE, Kind.UPDATE, Kind.DELETE)


def bulk_operations(resource: Resource) -> list[Operation]:
    """Batch and import of a resource that can be written, export and aggregates of any, unless it
    wants none.
    """
    if not resource.bulk or not resource.exposed:
        return []
    found = [_aggregate(resource), _export(resource)]
    writes = [resource.operations[kind] for kind in _WRITES if kind in resource.operations]
    # An answer with more than the row, such as a secret shown once, is for one row at a time.
    if not writes or any(one.answer is not None for one in writes):
        return found
    if any(one.kind is not Kind.DELETE for one in writes):
        found.insert(0, _import(resource, writes))
    return [_batch(resource, writes), *found]


def _batch(resource: Resource, writes: list[Operation]) -> Operation:
    return _derived(
        Kind.BATCH,
        resource,
        f"Write up to 1,000 of the {_noun(resource)}. Each entry is answered by itself, in order;"
        " with `atomic` all are written or none.",
        body=BatchSchema,
        emits=_emitted(writes),
        raises=(BatchFailed,),
    )


def _import(resource: Resource, writes: list[Operation]) -> Operation:
    return _derived(
        Kind.IMPORT,
        resource,
        f"Write {_noun(resource)} from a file: CSV with a header, or a JSON object on each line."
        " The answer is a job, which a worker does.",
        emits=_emitted(writes),
        raises=(),
        status=202,
    )


def _export(resource: Resource) -> Operation:
    return _derived(
        Kind.EXPORT,
        resource,
        f"Make a file of {_noun(resource)}: all that the list shows with the same parameters,"
        " oldest first. The answer is a job, which a worker does.",
        raises=(),
        status=202,
    )


def _aggregate(resource: Resource) -> Operation:
    return replace(
        _derived(
            Kind.AGGREGATE,
            resource,
            f"Count {_noun(resource)} by what they have in common, with sums, averages and extremes"
            " of their numbers: of all that the list shows with the same filters.",
            raises=(),
        ),
        method="GET",
    )


def _derived(kind: Kind, resource: Resource, documentation: str, **declared: Any) -> Operation:
    scopes = {Kind.AGGREGATE: resource.read_scope, Kind.EXPORT: resource.export_scope}
    return Operation(
        name=f"{resource.key}.{kind}",
        kind=kind,
        module=resource.module,
        method="POST",
        path=f"{resource.path}/{kind}",
        scope=scopes.get(kind, f"write:{resource.module}"),
        resource=resource,
        documentation=documentation,
        **declared,
    )


def _noun(resource: Resource) -> str:
    return resource.name.replace("_", " ")


def _emitted(writes: list[Operation]) -> tuple[type[Event], ...]:
    return tuple(dict.fromkeys(event for one in writes for event in one.emits))

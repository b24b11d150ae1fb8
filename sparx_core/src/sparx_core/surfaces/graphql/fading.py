"""Counting who uses what goes away. The schema says of each part that it does; the counts are those
of REST.
"""

from __future__ import annotations

from collections.abc import Iterator

from sparx_core.deprecation import uses
from sparx_core.deprecation.parts import Part, parts_of
from sparx_core.read.selection import Selection
from sparx_core.surfaces.graphql.arguments import where_params
from sparx_core.surfaces.graphql.asking import Asking


def begin_field() -> None:
    """What is sent from now on belongs to another root field."""
    uses.begin()


def note_uses(asking: Asking) -> None:
    """Count what a root field, which was carried out, used of that."""
    sent = uses.end()
    runtime = asking.asked.runtime
    parts = parts_of(runtime.registry)
    if not parts.some:
        return
    operation = asking.operation
    used = {one.key: one for one in _asked_for(asking)}
    fields = parts.sent.get(operation.name, {})
    used |= {one.key: one for path, one in fields.items() if path in sent}
    if operation.name in parts.operations:
        used[parts.operations[operation.name].key] = parts.operations[operation.name]
    kind, _, api_key = asking.note.actor.partition(":")
    if used and kind == "key":
        runtime.deprecated_calls.note(asking.note.tenant, api_key, operation.name, used)


def _asked_for(asking: Asking) -> Iterator[Part]:
    resource = asking.operation.resource
    if resource is None:
        return
    parts = parts_of(asking.asked.runtime.registry)
    parameters = parts.parameters.get(resource.key, {})
    for name in (*where_params(asking.arguments.get("where", {})), *asking.arguments):
        part = parameters.get(name) or parameters.get(name.partition("[")[0])
        if part is not None:
            yield part
    for selection in asking.shown:
        for path in _paths(selection):
            yield from parts.selected(resource, path)


def _paths(selection: Selection, before: str = "") -> Iterator[str]:
    for name, nested in selection.entries:
        if nested is None:
            yield before + name
        else:
            yield from _paths(nested, f"{before}{name}.")

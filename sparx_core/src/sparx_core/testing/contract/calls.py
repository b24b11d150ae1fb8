"""What of a module can be called: its operations, and the routes that it wrote by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparx_core.ids import uuid7
from sparx_core.resources import Kind, Operation, Resource

if TYPE_CHECKING:
    from sparx_core.testing.contract.subject import Subject

_PARAMETER = re.compile(r"\{(\w+)[^}]*\}")


@dataclass(frozen=True)
class Call:
    """A method on a path. ``resource`` is what its id is one of, if it has an id."""

    method: str
    template: str
    operation: Operation | None = None
    resource: Resource | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def example(self) -> Any:
        """What is sent where it does not matter what."""
        takes_body = self.writes and self.method != "DELETE"
        return {} if takes_body else None

    @property
    def has_id(self) -> bool:
        """Whether its path names a row."""
        return any(map(_is_id, _PARAMETER.findall(self.template)))

    def path(self, row_id: str | None = None) -> str:
        """The path about a row, or about one that does not exist."""
        about = row_id or str(uuid7())
        return _PARAMETER.sub(lambda found: about if _is_id(found[1]) else "x", self.template)


def _is_id(parameter: str) -> bool:
    return parameter == "id" or parameter.endswith("_id")


def calls_of(subject: Subject, app: Any) -> list[Call]:
    """The operations of the module, and its own routes under ``/v1``; others are for anybody."""
    resources = subject.resources
    found = [
        Call(one.method, one.path, one, one.resource or _resource_at(one.path, resources))
        for one in subject.operations
    ]
    return [*found, *_by_hand(subject, app)]


def _resource_at(path: str, resources: list[Resource]) -> Resource | None:
    """The resource whose id stands in a path."""
    return next((one for one in resources if path.startswith(f"{one.path}/{{")), None)


def _by_hand(subject: Subject, app: Any) -> Iterator[Call]:
    from falcon.inspect import inspect_routes

    own = {path for path, _ in subject.routes if path.startswith(f"{subject.prefix}/")}
    for route in inspect_routes(app):
        if route.path not in own:
            continue
        for method in route.methods:
            if not method.internal:
                resource = _resource_at(route.path, subject.resources)
                yield Call(method.method, route.path, None, resource)


def is_read(operation: Operation | None) -> bool:
    return operation is not None and operation.kind in (Kind.LIST, Kind.GET)

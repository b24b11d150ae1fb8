"""A tenant of the stage, and the rows that were made in it over the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparx_core.resources import Kind, Operation, Resource
from sparx_core.tenants import NewTenant
from sparx_core.testing.api import Answer, Api
from sparx_core.testing.contract.bodies import Underivable, body_of

if TYPE_CHECKING:
    from sparx_core.testing.contract.stage import Stage


@dataclass
class Scene:
    """One tenant. ``made`` are answers to creates, by resource; ``unmade`` why there is none."""

    stage: Stage
    tenant: NewTenant
    api: Api
    made: dict[str, list[Answer]] = field(default_factory=dict)
    unmade: dict[str, str] = field(default_factory=dict)
    _making: set[str] = field(default_factory=set)
    _count: int = 0

    # -- rows ------------------------------------------------------------------------------

    def fill(self, resource: Resource, rows: int) -> None:
        """Make rows; as many as there can be."""
        for _ in range(rows):
            try:
                self.make(resource)
            except Underivable as error:
                if resource.key not in self.made:
                    self.unmade[resource.key] = str(error)
                return

    def make(self, resource: Resource) -> Answer:
        """One more row; ``Underivable`` says what the API had against it."""
        operation = resource.operations.get("create")
        if operation is None:
            raise Underivable(f"{resource.key} has no create")
        if resource.key in self._making:
            raise Underivable(f"{resource.key} refers to itself")
        self._making.add(resource.key)
        try:
            answer = self._created(operation)
        finally:
            self._making.discard(resource.key)
        self.made.setdefault(resource.key, []).append(answer)
        return answer

    def first(self, key: str) -> str:
        """The id of a row of a resource, made now if there is none."""
        resource = self.stage.runtime.registry.resources[key]
        if key not in self.made and "create" in resource.operations:
            self.make(resource)
        if key in self.made:
            return str(self.made[key][0].data["id"])
        if "list" in resource.operations:
            listed = self.api.get(resource.path)
            if listed.status == 200 and listed.data:
                return str(listed.data[0]["id"])
        raise Underivable(f"there is no row of {key} to refer to")

    def ids(self, resource: Resource) -> list[str]:
        """The rows of a resource that it shows now."""
        if "list" not in resource.operations:
            return []
        answer = self.api.get(resource.path)
        return [str(one["id"]) for one in answer.data] if answer.status == 200 else []

    # -- bodies ----------------------------------------------------------------------------

    def bodies(self, operation: Operation) -> Iterator[dict[str, Any]]:
        """Bodies for an operation, the fullest first; ``Underivable`` if a sample is needed."""
        self._count += 1
        given = self._sample(operation)
        assert operation.body is not None
        for everything in (True, False):
            yield body_of(
                operation.body, self._count, self.first, everything=everything, given=given
            )

    def _sample(self, operation: Operation) -> Mapping[str, Any] | None:
        samples = self.stage.subject.samples
        resource = operation.resource
        found = samples.get(operation.name)
        if found is None and operation.kind is Kind.CREATE and resource is not None:
            found = samples.get(resource.key)
        return found(self.api, self._count) if callable(found) else found

    def _created(self, operation: Operation) -> Answer:
        answer = None
        for body in self.bodies(operation):
            answer = self.api.post(operation.path, body)
            if answer.status == operation.status:
                return answer
        assert answer is not None
        raise Underivable(f"{operation.path} answered {answer.status}: {answer.text[:500]}")

    # -- verbs -----------------------------------------------------------------------------

    def perform(self, operation: Operation) -> Answer | None:
        """Call an operation as a client would, on a fresh row; None if that cannot be done."""
        resource = operation.resource
        try:
            if resource is None:
                return self._call(operation)
            if operation.kind is Kind.CREATE:
                return self.make(resource)
            row_id = self._fresh(resource)
        except Underivable:
            return None
        return self._on_row(operation, row_id)

    def _fresh(self, resource: Resource) -> str:
        if "create" in resource.operations:
            return str(self.make(resource).data["id"])
        return self.first(resource.key)

    def _on_row(self, operation: Operation, row_id: str) -> Answer | None:
        path = operation.path.replace("{id}", row_id)
        answer = None
        try:
            for body in self.bodies(operation) if operation.body else [None]:
                answer = self.api.request(operation.method, path, json=body)
                if answer.status == operation.status:
                    break
        except Underivable:
            return answer
        return answer

    def _call(self, operation: Operation) -> Answer | None:
        if "{" in operation.path:
            return None
        return self._on_row(operation, "")

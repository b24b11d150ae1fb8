"""What of a module can be called: its operations, and the routes that it wrote by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparx_core.ids import uuid7
from sparx_core.resources import Operation, Resource
from sparx_core.testing.api import Answer, Api

if TYPE_CHECKING:
    from sparx_core.testing.contract.subject import Subject

#: The request id of every call, so that two equal answers are equal to the byte.
HEADERS = {"X-Request-Id": "contract"}
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


@dataclass(frozen=True)
class Refusal:
    """A call that has to be refused: as whom, ``how`` in words, and with what it is answered.

    ``field`` is one that a 422 has to name.
    """

    client: Api
    call: Call
    how: str
    expected: tuple[int, str]
    row_id: str | None = None
    body: Any = None
    query: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.call} {self.how}"

    def send(self) -> Answer:
        call = self.call
        sent = call.example if self.body is None else self.body
        return self.client.request(
            call.method,
            call.path(self.row_id),
            json=sent if call.writes else None,
            query=self.query,
            headers=HEADERS,
        )

    def wrong(self, answer: Answer) -> Iterator[str]:
        """What is wrong with the answer to it."""
        status, code = self.expected
        told, details = refusal_of(answer)
        if (answer.status, told) != self.expected:
            yield f"{self} is answered with {answer.status} {told}, not {status} {code}"
        elif self.field and self.field not in [one.get("field") for one in details]:
            yield f"{self} is answered without a word about {self.field}"


def refusal_of(answer: Answer) -> tuple[str, list[Any]]:
    """Code and details of an error; of anything else, what it is instead."""
    try:
        body = answer.json
    except ValueError:
        return "and no JSON", []
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "and no error", []
    details = error.get("details")
    listed = details if isinstance(details, list) else []
    return str(error.get("code")), [one for one in listed if isinstance(one, dict)]


def _is_id(parameter: str) -> bool:
    return parameter == "id" or parameter.endswith("_id")


def calls_of(subject: Subject, app: Any) -> list[Call]:
    """The operations of the module, and its own routes under ``/v1``; others are for anybody."""
    resources = subject.resources
    found = [
        Call(one.method, one.path, one, one.resource or _resource_at(one.path, resources))
        for one in subject.operations
        if not one.public  # what a link opens is no matter of keys
    ]
    return [*found, *_by_hand(subject, app)]


def _resource_at(path: str, resources: list[Resource]) -> Resource | None:
    """The resource whose id stands in a path."""
    return next((one for one in resources if path.startswith(f"{one.path}/{{")), None)


def _by_hand(subject: Subject, app: Any) -> Iterator[Call]:
    from falcon.inspect import inspect_routes

    own = {path for path, _ in subject.routes if path.startswith(f"{subject.prefix}/")}
    if not own:
        return
    for route in inspect_routes(app):
        if route.path not in own:
            continue
        for method in route.methods:
            if not method.internal:
                resource = _resource_at(route.path, subject.resources)
                yield Call(method.method, route.path, None, resource)

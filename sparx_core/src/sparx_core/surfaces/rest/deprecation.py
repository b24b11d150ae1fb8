"""Who uses what goes away is told so, with every answer, and counted (RFC 9745, RFC 8594)."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import format_datetime

import falcon

from sparx_core.deprecation import uses
from sparx_core.deprecation.calls import DeprecatedCalls
from sparx_core.deprecation.parts import Part, Parts
from sparx_core.registry import Registry
from sparx_core.resources import Operation

#: Query parameters that select what is shown.
_SELECTING = ("fields", "include")


class DeprecationHeaders:
    """Middleware: ``Deprecation``, ``Sunset`` and ``Link`` of the parts that a request uses."""

    def __init__(self, registry: Registry, parts: Parts, calls: DeprecatedCalls) -> None:
        self.registry, self.parts, self.calls = registry, parts, calls

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        uses.begin()

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        sent = uses.end()
        operation = self.registry.operations.get(getattr(request.context, "operation", ""))
        if operation is None:
            return
        used = {one.key: one for one in self._used(operation, request)}
        fields = self.parts.sent.get(operation.name, {})
        used |= {one.key: one for path, one in fields.items() if path in sent}
        if not used:
            return
        _tell(response, list(used.values()))
        kind, _, api_key = getattr(request.context, "actor", "").partition(":")
        if kind == "key":
            self.calls.note(request.context.tenant, api_key, operation.name, used)

    def _used(self, operation: Operation, request: falcon.Request) -> Iterator[Part]:
        if operation.name in self.parts.operations:
            yield self.parts.operations[operation.name]
        if operation.resource is None:
            return
        parameters = self.parts.parameters.get(operation.resource.key, {})
        for name in request.params:
            # status[in] is a way to ask for status.
            part = parameters.get(name) or parameters.get(name.partition("[")[0])
            if part is not None:
                yield part
        for path in _selected(request):
            yield from self.parts.selected(operation.resource, path)


def _selected(request: falcon.Request) -> Iterator[str]:
    for name in _SELECTING:
        given = request.params.get(name, [])
        for text in given if isinstance(given, list) else [given]:
            yield from text.split(",")


def _tell(response: falcon.Response, used: list[Part]) -> None:
    """Of several parts the first to have been deprecated, and the first to go, count."""
    since = min(one.deprecated.since_at for one in used)
    sunset = min(one.deprecated.sunset_at for one in used)
    response.set_header("Deprecation", f"@{int(since.timestamp())}")
    response.set_header("Sunset", format_datetime(sunset, usegmt=True))
    for link in dict.fromkeys(one.link for one in used):
        response.append_header("Link", f'<{link}>; rel="deprecation"; type="text/html"')

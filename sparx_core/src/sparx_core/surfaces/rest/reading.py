"""Lists, aggregates and single resources over REST."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import falcon

from sparx_core.auth.keys import bearer
from sparx_core.errors import NotFound, Unauthorized
from sparx_core.ids import parse_uuid
from sparx_core.json import encode
from sparx_core.operations import Kind, Operation
from sparx_core.read.view import Views
from sparx_core.runtime import Runtime
from sparx_core.surfaces.reading import Asking
from sparx_core.surfaces.reading import Reading as Reads
from sparx_core.surfaces.rest.aggregating import parse_aggregate
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.preconditions import check_row, tag
from sparx_core.surfaces.rest.query import NOBODYS, parse_chosen, parse_page


class Reading:
    """A list, an aggregate or a get, from the query of a request to the envelope."""

    def __init__(self, runtime: Runtime, operation: Operation) -> None:
        self.operation, self.reads = operation, Reads(runtime, operation)
        self.resource = self.reads.resource
        answers: dict[Kind, Callable[..., None]] = {
            Kind.LIST: self._list,
            Kind.AGGREGATE: self._aggregate,
        }
        self._answer = answers.get(operation.kind, self._get)

    def respond(self, request: falcon.Request, response: falcon.Response, **path: str) -> None:
        request.context.operation = self.operation.name
        key = bearer(request.get_header("Authorization"))
        if key is None:
            raise Unauthorized
        asking = Asking(key, request.params, request.context)
        self.reads.answer(asking, partial(self._answer, asking, request, response, **path))

    def _list(
        self, asking: Asking, request: falcon.Request, response: falcon.Response, views: Views
    ) -> None:
        own = self.reads.own(asking)
        page = parse_page(request, self.resource, views, own or NOBODYS)
        text, meta = self.reads.page(asking, views, page, own)
        success(response, text.encode(), encode(meta))

    def _aggregate(
        self, asking: Asking, request: falcon.Request, response: falcon.Response, views: Views
    ) -> None:
        own = self.reads.own(asking)
        asked = parse_aggregate(request, self.resource, own or NOBODYS)
        text, meta = self.reads.groups(asking, views, asked, own)
        success(response, text.encode(), encode(meta))

    def _get(
        self,
        asking: Asking,
        request: falcon.Request,
        response: falcon.Response,
        views: Views,
        id: str,
    ) -> None:
        own = self.reads.own(asking)
        chosen = parse_chosen(
            request,
            self.resource,
            views,
            detail=True,
            own=own or NOBODYS,
        )
        row_id = parse_uuid(id)
        if row_id is None:
            raise NotFound
        text, version = self.reads.one(asking, views, chosen, row_id, own)
        check_row(request, version)
        response.set_header("ETag", tag(version))
        success(response, text.encode())

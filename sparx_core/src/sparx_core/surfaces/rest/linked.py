"""Requests of those who have a link to a row, and no key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import falcon

from sparx_core.context import Context
from sparx_core.db.models import TenantModel, TrashModel
from sparx_core.errors import NotFound
from sparx_core.forms import Form
from sparx_core.json import Limits
from sparx_core.limits.addresses import client_address, trusted_networks
from sparx_core.links.tokens import token_hash
from sparx_core.operations import FileAnswer, Kind, Operation, Values
from sparx_core.read.selection import select
from sparx_core.read.view import schema_instance
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.body import Body
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.files import answer_file
from sparx_core.surfaces.rest.parameters import no_parameters, parse_query
from sparx_core.transaction import Answer


class Linked:
    """One operation of a :class:`~sparx_core.links.public.Public`. A key that comes along is not
    looked at, and neither is an idempotency key: who does a thing twice is told that it is done.
    """

    def __init__(self, runtime: Runtime, operation: Operation) -> None:
        self.runtime, self.operation = runtime, operation
        self._form = Form.of(operation)
        self._limits = Limits(values=runtime.settings.max_body_values)
        self._trusted = trusted_networks(runtime.settings.trusted_proxies)

    def respond(self, request: falcon.Request, response: falcon.Response, token: str) -> None:
        operation = self.operation
        request.context.operation = operation.name
        body = None
        if operation.writes:
            body = Body(request, self.runtime.settings.max_body_bytes, self._limits)
        secret_hash = token_hash(token)
        if secret_hash is None:
            raise NotFound
        with self.runtime.as_link(secret_hash, operation, request_id=request.context.id) as (
            context,
            row_id,
        ):
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            context.require(operation.module)
            context.address = self._address(request)
            arguments = [context, self._row(context, row_id), *self._query(request)]
            made = self._answer(arguments, body, response)
        if made is not None:
            answer_file(request, response, made)

    def _row(self, context: Context, row_id: UUID) -> TenantModel:
        """The row of the link, locked unless it is only looked at."""
        assert self.operation.resource is not None
        locked = self.operation.kind is not Kind.FILE
        row = context.find(self.operation.resource.model, row_id, lock=locked)
        if row is None or (isinstance(row, TrashModel) and row.trashed):
            raise NotFound
        return row

    def _query(self, request: falcon.Request) -> list[Values]:
        if self.operation.query is None:
            no_parameters(request)
            return []
        return [parse_query(request, schema_instance(self.operation.query))]

    def _answer(
        self, arguments: list[Any], body: Body | None, response: falcon.Response
    ) -> FileAnswer | None:
        """Answers, unless it is with a file: that is sent when the transaction is over."""
        operation, context = self.operation, arguments[0]
        assert operation.resource is not None
        assert operation.function is not None
        if operation.body is not None and body is not None:
            values, _ = self._form.load(body.optional_json())
            arguments.append(values)
        result = operation.function(*arguments)
        if operation.kind is Kind.FILE:
            context.finish()
            made: FileAnswer = result
            return made
        views = context.views
        chosen = select(views.resource(operation.resource.key), views, detail=True)
        rendered = context.finish(Answer(operation.resource, result, chosen))
        assert rendered is not None
        success(response, rendered.text.encode())
        return None

    def _address(self, request: falcon.Request) -> str:
        peer = request.env.get("REMOTE_ADDR", "")
        return client_address(peer, request.get_header("X-Forwarded-For"), self._trusted)

"""Requests of those who have a link to a row, and no key."""

from __future__ import annotations

import falcon

from sparx_core.context import Context
from sparx_core.db.models import TenantModel, TrashModel
from sparx_core.errors import NotFound
from sparx_core.forms import Form
from sparx_core.json import Limits
from sparx_core.limits.addresses import client_address, trusted_networks
from sparx_core.links.tokens import token_hash
from sparx_core.operations import Kind, Operation
from sparx_core.read.selection import select
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.body import Body
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.files import answer_file
from sparx_core.surfaces.rest.query import no_parameters
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
            no_parameters(request)
            assert operation.resource is not None
            row = context.find(operation.resource.model, row_id, lock=True)
            if row is None or (isinstance(row, TrashModel) and row.trashed):
                raise NotFound
            self._answer(context, row, body, response)

    def _answer(
        self, context: Context, row: TenantModel, body: Body | None, response: falcon.Response
    ) -> None:
        operation = self.operation
        assert operation.resource is not None
        assert operation.function is not None
        arguments = [context, row]
        if operation.body is not None and body is not None:
            values, _ = self._form.load(body.optional_json())
            arguments.append(values)
        result = operation.function(*arguments)
        if operation.kind is Kind.FILE:
            context.finish()
            answer_file(response, result)
            return
        views = context.views
        chosen = select(views.resource(operation.resource.key), views, detail=True)
        rendered = context.finish(Answer(operation.resource, result, chosen))
        assert rendered is not None
        success(response, rendered.text.encode())

    def _address(self, request: falcon.Request) -> str:
        peer = request.env.get("REMOTE_ADDR", "")
        return client_address(peer, request.get_header("X-Forwarded-For"), self._trusted)

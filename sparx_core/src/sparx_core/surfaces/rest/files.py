"""Files that operations make of a row."""

from __future__ import annotations

from urllib.parse import quote

import falcon

from sparx_core.auth.keys import bearer
from sparx_core.confinement import check_confined
from sparx_core.context import Context
from sparx_core.db.models import TenantModel, TrashModel
from sparx_core.errors import NotFound
from sparx_core.ids import parse_uuid
from sparx_core.operations import FileAnswer, Operation
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.preconditions import check_other
from sparx_core.surfaces.rest.query import no_parameters


class Filing:
    """``GET /{id}/<name>`` of a resource's file operation."""

    def __init__(self, runtime: Runtime, operation: Operation) -> None:
        self.runtime, self.operation = runtime, operation

    def respond(self, request: falcon.Request, response: falcon.Response, **path: str) -> None:
        operation = self.operation
        request.context.operation = operation.name
        with self.runtime.as_key(
            bearer(request.get_header("Authorization")),
            read_only=True,
            request_id=request.context.id,
            operation=operation.name,
        ) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            context.require(operation.module, operation.scope)
            if context.sees is not None:
                check_confined(operation)
            no_parameters(request)
            check_other(request)
            row = self._row(context, path["id"])
            assert operation.function is not None
            made = operation.function(context, row)
        answer_file(response, made)

    def _row(self, context: Context, given: str) -> TenantModel:
        assert self.operation.resource is not None
        row_id = parse_uuid(given)
        row = None if row_id is None else context.find(self.operation.resource.model, row_id)
        if row is None or (isinstance(row, TrashModel) and row.trashed):
            raise NotFound
        return row


def answer_file(response: falcon.Response, made: FileAnswer) -> None:
    """A file as a browser shows it, or saves it under its name."""
    plain = made.name.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
    named = f'filename="{plain}"'
    if plain != made.name:
        named += f"; filename*=UTF-8''{quote(made.name, safe='')}"
    response.data = made.content
    response.content_type = made.media_type
    response.set_header("Content-Disposition", f"inline; {named}")
    response.set_header("Cache-Control", "no-store")

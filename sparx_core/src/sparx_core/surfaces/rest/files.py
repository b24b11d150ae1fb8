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
from sparx_core.storage.files import StoredFile
from sparx_core.surfaces.rest.parameters import no_parameters
from sparx_core.surfaces.rest.preconditions import check_other
from sparx_core.surfaces.rest.ranges import part_of

#: For a year, by everybody: what is at this address does not change.
_FOREVER = "public, max-age=31536000, immutable"
_SANDBOX = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox;"
    " frame-ancestors 'none'"
)


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
        answer_file(request, response, made)

    def _row(self, context: Context, given: str) -> TenantModel:
        assert self.operation.resource is not None
        row_id = parse_uuid(given)
        row = None if row_id is None else context.find(self.operation.resource.model, row_id)
        if row is None or (isinstance(row, TrashModel) and row.trashed):
            raise NotFound
        return row


def answer_file(request: falcon.Request, response: falcon.Response, made: FileAnswer) -> None:
    """A file as a browser shows it, or saves it under its name; of one that is stored, a part if
    the client asks for one. What a browser shows of it can run nothing and load nothing.
    """
    content = made.content() if callable(made.content) else made.content
    plain = made.name.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
    named = f'filename="{plain}"'
    if plain != made.name:
        named += f"; filename*=UTF-8''{quote(made.name, safe='')}"
    response.content_type = made.media_type
    shown = "attachment" if made.attached else "inline"
    response.set_header("Content-Disposition", f"{shown}; {named}")
    response.set_header("Cache-Control", _FOREVER if made.lasting else "no-store")
    if isinstance(content, bytes):
        response.data = content
        return
    response.set_header("Content-Security-Policy", _SANDBOX)
    _send(request, response, content)


def _send(request: falcon.Request, response: falcon.Response, stored: StoredFile) -> None:
    tag = f'"{stored.tag}"'
    response.set_header("ETag", tag)
    response.set_header("Accept-Ranges", "bytes")
    if tag in [one.strip() for one in request.get_header("If-None-Match", default="").split(",")]:
        response.status, response.content_type = 304, None
        return
    # A part of other bytes than the client has parts of already is of no use.
    condition = request.get_header("If-Range")
    wanted = request.get_header("Range") if condition in (None, tag) else None
    part = part_of(wanted, stored.size)
    start, end = part or (0, stored.size)
    if part is not None:
        response.status = 206
        response.set_header("Content-Range", f"bytes {start}-{end - 1}/{stored.size}")
    try:
        response.set_stream(stored.read(start, end), end - start)
    except FileNotFoundError:
        raise NotFound from None

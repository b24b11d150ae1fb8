"""The route of the export of everything, which is answered as it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import falcon

from sparx_cms.exporting import HEADER, Place, next_lines
from sparx_core import BadRequest, Context, Forbidden, Runtime, bearer

_SCOPES = ("read:cms", "draft:cms")


class Export:
    """``GET /v1/cms/export``: all that there is, as JSON by lines, to be imported by
    ``POST /v1/cms/imports`` here or elsewhere. Entries are in it with their drafts, those that are
    archived or in the trash as well; with ``revisions=true`` all that they were. Needs
    ``draft:cms``.

    Each piece is read by a transaction of its own, so that neither a slow client nor a large tenant
    holds one: what changes meanwhile is in it as it is when its turn comes.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        request.context.operation = "cms.export"
        key = bearer(request.get_header("Authorization"))
        with self.runtime.as_key(key, read_only=True, request_id=request.context.id) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            _check(context)
        revisions = _wants_revisions(request.params)

        def lines() -> Iterator[bytes]:
            yield HEADER.encode()
            place: Place | None = Place()
            while place is not None:
                with self.runtime.as_key(key, read_only=True) as context:
                    _check(context)
                    text, place = next_lines(context, place, revisions=revisions)
                yield text.encode()

        response.content_type = "application/x-ndjson"
        response.set_header("Content-Disposition", 'attachment; filename="cms.ndjson"')
        response.set_header("Cache-Control", "no-store")
        response.stream = lines()


def _wants_revisions(params: Mapping[str, Any]) -> bool:
    if params.keys() - {"revisions"} or params.get("revisions", "false") not in ("true", "false"):
        raise BadRequest("An export takes the parameter revisions, which is true or false.")
    return bool(params.get("revisions") == "true")


def _check(context: Context) -> None:
    for scope in _SCOPES:
        context.require("cms", scope)
    if context.sees is not None:
        raise Forbidden("A key that sees the records of certain members exports nothing.")


ROUTES = [("/v1/cms/export", Export)]

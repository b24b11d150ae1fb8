"""The WSGI application that gunicorn serves: ``sparx_core.app:create_app()``."""

from __future__ import annotations

import atexit
import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import falcon
import structlog

from sparx_core.db.guard import refuse_forgetful_commits
from sparx_core.errors import (
    ApiError,
    BadRequest,
    InternalError,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from sparx_core.links.tokens import without_token
from sparx_core.runtime import Runtime
from sparx_core.settings import Settings
from sparx_core.surfaces.docs.routes import add_pages
from sparx_core.surfaces.graphql.answers import failure as graphql_failure
from sparx_core.surfaces.graphql.paths import PATHS
from sparx_core.surfaces.graphql.routes import add_graphql
from sparx_core.surfaces.openapi.document import documents_of
from sparx_core.surfaces.openapi.routes import OpenApi
from sparx_core.surfaces.rest.envelope import Failure, failure
from sparx_core.surfaces.rest.health import Health, Ready
from sparx_core.surfaces.rest.hosts import Hosts
from sparx_core.surfaces.rest.metrics import Metrics
from sparx_core.surfaces.rest.middleware import middleware_of
from sparx_core.surfaces.rest.routes import add_routes
from sparx_core.surfaces.rest.target import Target

log = structlog.get_logger("sparx.request")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    404: NotFound,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
}


def create_app(runtime: Runtime | None = None) -> falcon.App[Any, Any]:
    """The application over an installation; made from the environment if none is given."""
    if runtime is None:
        from sparx_core.logs import configure_logging

        settings = Settings.load()
        configure_logging(settings)
        runtime = Runtime.start(settings)
        refuse_forgetful_commits(runtime.database)
        # A process that is stopped rings for what committed, and notes which keys were used.
        atexit.register(runtime.close)
    #: Of paths whose answers do not wear the envelope.
    shapes: dict[str, Failure] = dict.fromkeys(PATHS, graphql_failure)
    hosts = Hosts(runtime.registry.hosts)
    app: falcon.App[Any, Any] = falcon.App(
        middleware=[hosts, RequestLog(shapes), Target(), *middleware_of(runtime)]
    )
    app.req_options.auto_parse_qs_csv = False
    app.req_options.keep_blank_qs_values = True
    app.req_options.strip_url_path_trailing_slash = False
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(falcon.HTTPError, _http_error)
    app.add_error_handler(ApiError, _api_error)
    app.add_route("/health", Health())
    app.add_route("/ready", Ready(runtime))
    app.add_route("/metrics", Metrics(runtime))
    documents = documents_of(runtime.registry, runtime.settings)
    app.add_route("/v1/openapi.json", OpenApi(runtime, documents))
    add_pages(app, documents)
    add_graphql(app, runtime)
    shapes.update(add_routes(app, runtime))
    return app


class RequestLog:
    """Gives each request an id, echoes it, and logs one line with what became of it.

    ``shapes`` are how errors are told at paths where that is not the envelope.
    """

    def __init__(self, shapes: Mapping[str, Failure]) -> None:
        self.shapes = shapes

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        given = request.get_header("X-Request-Id")
        request.context.id = given if given and _REQUEST_ID.fullmatch(given) else uuid4().hex
        request.context.began = time.perf_counter()
        request.context.failure = self.shapes.get(request.path, failure)
        response.set_header("X-Request-Id", request.context.id)

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        context = request.context
        log.info(
            "request",
            request_id=context.id,
            method=request.method,
            path=without_token(request.path),
            status=response.status_code,
            milliseconds=round((time.perf_counter() - context.began) * 1000, 1),
            operation=getattr(context, "operation", None),
            tenant=getattr(context, "tenant", None),
            actor=getattr(context, "actor", None),
        )


def _api_error(
    request: falcon.Request, response: falcon.Response, error: ApiError, params: Any
) -> None:
    request.context.failure(response, error, request.context.id)


def _http_error(
    request: falcon.Request, response: falcon.Response, error: falcon.HTTPError, params: Any
) -> None:
    """Falcon's own refusals, such as 404 and 405, in the envelope."""
    if isinstance(error, falcon.HTTPMethodNotAllowed):
        allowed = (error.headers or {}).get("Allow", "") if isinstance(error.headers, dict) else ""
        told: ApiError = MethodNotAllowed(headers={"Allow": allowed})
    else:
        kind = _BY_STATUS.get(error.status_code, BadRequest)
        told = kind(error.description) if error.description else kind()
    request.context.failure(response, told, request.context.id)


def _unexpected(
    request: falcon.Request, response: falcon.Response, error: Exception, params: Any
) -> None:
    path = without_token(request.path)
    log.exception("request_failed", request_id=request.context.id, path=path)
    request.context.failure(response, InternalError(), request.context.id)

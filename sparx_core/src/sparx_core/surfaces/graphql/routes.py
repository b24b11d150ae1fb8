"""The routes of GraphQL: the endpoint, its schema as text, and the page with what it needs.

What answers them is imported by the first request: a fifth of what an API process takes to start,
and memory that one which is never asked for GraphQL does not need.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import falcon

from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.page import Asset
from sparx_core.surfaces.graphql.paths import ASSETS_PATH, PATHS, SDL_PATH

if TYPE_CHECKING:
    from sparx_core.surfaces.graphql.endpoint import GraphQL
    from sparx_core.surfaces.graphql.schema import Schemas
    from sparx_core.surfaces.graphql.sdl import SchemaText


def add_graphql(app: falcon.App[Any, Any], runtime: Runtime) -> None:
    """For all modules that are installed; a tenant sees those that are active."""
    answering = _Answering(runtime)
    for path in PATHS:
        app.add_route(path, _Endpoint(answering))
    app.add_route(SDL_PATH, _Text(answering))
    app.add_route(ASSETS_PATH, Asset())


class _Answering:
    """What answers, made when it is asked for the first time."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @cached_property
    def endpoint(self) -> GraphQL:
        from sparx_core.surfaces.graphql.endpoint import GraphQL

        return GraphQL(self.runtime, self._schemas)

    @cached_property
    def text(self) -> SchemaText:
        from sparx_core.surfaces.graphql.sdl import SchemaText

        return SchemaText(self.runtime, self._schemas)

    @cached_property
    def _schemas(self) -> Schemas:
        from sparx_core.surfaces.graphql.schema import Schemas

        return Schemas(self.runtime.registry)


class _Endpoint:
    def __init__(self, answering: _Answering) -> None:
        self._answering = answering

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        self._answering.endpoint.on_get(request, response)

    on_head = on_get

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        self._answering.endpoint.on_post(request, response)


class _Text:
    def __init__(self, answering: _Answering) -> None:
        self._answering = answering

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        self._answering.text.on_get(request, response)

    on_head = on_get

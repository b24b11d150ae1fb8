"""The routes of GraphQL: the endpoint, its schema as text, and the page with what it needs."""

from __future__ import annotations

from typing import Any

import falcon

from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.endpoint import GraphQL
from sparx_core.surfaces.graphql.page import Asset
from sparx_core.surfaces.graphql.paths import ASSETS_PATH, PATHS, SDL_PATH
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.surfaces.graphql.sdl import SchemaText


def add_graphql(app: falcon.App[Any, Any], runtime: Runtime) -> None:
    """For all modules that are installed; a tenant sees those that are active."""
    schemas = Schemas(runtime.registry)
    endpoint = GraphQL(runtime, schemas)
    for path in PATHS:
        app.add_route(path, endpoint)
    app.add_route(SDL_PATH, SchemaText(runtime, schemas))
    app.add_route(ASSETS_PATH, Asset())

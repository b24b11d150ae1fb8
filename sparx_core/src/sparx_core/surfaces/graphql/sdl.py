"""The schema in the schema definition language: for tools that generate clients, and for review."""

from __future__ import annotations

from functools import lru_cache

import falcon
from graphql import GraphQLSchema, lexicographic_sort_schema, print_schema

from sparx_core.actors import looks_of
from sparx_core.auth.keys import bearer
from sparx_core.read.own import Own
from sparx_core.resources import CORE
from sparx_core.runtime import Runtime
from sparx_core.surfaces.cached import Cached
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.surfaces.rest.parameters import no_parameters
from sparx_core.surfaces.rest.query import NOBODYS
from sparx_core.surfaces.shapes import has_kinds

MEDIA_TYPE = "text/plain; charset=utf-8"


def sdl_of(schema: GraphQLSchema) -> str:
    """The text of a schema, its types and fields in the order of their names."""
    return print_schema(lexicographic_sort_schema(schema)) + "\n"


@lru_cache(maxsize=16)
def _cached(schema: GraphQLSchema) -> Cached:
    return Cached(sdl_of(schema).encode(), MEDIA_TYPE)


class SchemaText:
    """``GET /v1/graphql/schema``: what introspection tells to the same key, as text."""

    def __init__(self, runtime: Runtime, schemas: Schemas) -> None:
        self.runtime, self.schemas = runtime, schemas

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        request.context.operation = f"{CORE}.graphql_schema"
        key = bearer(request.get_header("Authorization"))
        with self.runtime.as_key(key, read_only=True) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            looks = looks_of(context.modules, context.hides)
            declares = has_kinds(context.registry, looks)
            own = Own.of(context) if declares else NOBODYS
        no_parameters(request)
        _cached(self.schemas.of(looks, own)).send(request, response, private=True)

    on_head = on_get

"""Where GraphQL is."""

from __future__ import annotations

#: The same under both: beside the REST routes, and without a version, as clients expect it.
PATHS = ("/graphql", "/v1/graphql")
SDL_PATH = "/v1/graphql/schema"
ASSETS_PATH = "/graphql/assets/{name}"

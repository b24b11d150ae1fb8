"""``GET /v1/openapi.json``: the document, for anybody or for the holder of a key."""

from __future__ import annotations

import falcon

from sparx_core.auth.keys import bearer
from sparx_core.read.own import Own
from sparx_core.resources import CORE
from sparx_core.runtime import Runtime
from sparx_core.surfaces.openapi.document import Documents
from sparx_core.surfaces.rest.parameters import no_parameters
from sparx_core.surfaces.rest.query import NOBODYS
from sparx_core.surfaces.shapes import has_kinds


class OpenApi:
    """Without a key all installed modules; with one the active modules of its tenant."""

    def __init__(self, runtime: Runtime, documents: Documents) -> None:
        self.runtime, self.documents = runtime, documents

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        request.context.operation = f"{CORE}.openapi"
        response.set_header("Vary", "Authorization")
        header = request.get_header("Authorization")
        if header is None:
            modules, own = frozenset(self.documents.registry.modules), NOBODYS
        else:
            with self.runtime.as_key(bearer(header), read_only=True) as context:
                request.context.actor = str(context.actor)
                request.context.tenant = context.tenant.slug
                modules = context.modules
                declares = has_kinds(context.registry, modules)
                own = Own.of(context) if declares else NOBODYS
        no_parameters(request)
        document = self.documents.of(modules, own)
        document.cached.send(request, response, private=header is not None)

    on_head = on_get

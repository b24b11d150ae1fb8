"""The pages on the web: each rendered once, then sent as bytes."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import falcon

from sparx_core.errors import NotFound
from sparx_core.surfaces.cached import Cached
from sparx_core.surfaces.docs.catalogues import errors, events
from sparx_core.surfaces.docs.layout import STYLE_PATH, page
from sparx_core.surfaces.docs.overview import overview
from sparx_core.surfaces.docs.reference import index, module_page
from sparx_core.surfaces.openapi.document import Documents
from sparx_core.version import VERSION

HTML = "text/html; charset=utf-8"
CSS = "text/css; charset=utf-8"

#: Nothing but our own style sheet: no script, no frame, no form, nothing from elsewhere.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def add_pages(app: falcon.App[Any, Any], documents: Documents) -> None:
    """The routes of the pages, for all modules that are installed."""
    for path in ("/docs", "/docs/reference", "/docs/events", "/docs/errors", STYLE_PATH):
        app.add_route(path, Page(documents, path))
    app.add_route("/docs/reference/{module}", ModulePage(documents))


class Page:
    """One page under a fixed path."""

    def __init__(self, documents: Documents, path: str) -> None:
        self.documents, self.path = documents, path

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.set_headers(_HEADERS)
        rendered(self.documents, self.path).send(request, response)

    on_head = on_get


class ModulePage:
    """The page of a module in the reference."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents

    def on_get(self, request: falcon.Request, response: falcon.Response, module: str) -> None:
        if module not in self.documents.registry.modules:
            raise NotFound
        response.set_headers(_HEADERS)
        rendered(self.documents, f"/docs/reference/{module}").send(request, response)

    on_head = on_get


@lru_cache(maxsize=256)
def rendered(documents: Documents, path: str) -> Cached:
    """What is under a path; what is installed does not change while a process lives."""
    if path == STYLE_PATH:
        return Cached((files(__package__) / "style.css").read_bytes(), CSS)
    return Cached(_html(documents, path).encode(), HTML)


def _html(documents: Documents, path: str) -> str:
    document = documents.everything().content
    if path == "/docs":
        return page(path, "Overview", VERSION, overview(document))
    if path == "/docs/reference":
        return page(path, "Reference", VERSION, index(document))
    if path == "/docs/events":
        content, links = events(document)
        return page(path, "Events", VERSION, content, links)
    if path == "/docs/errors":
        content, links = errors(document, documents.registry)
        return page(path, "Errors", VERSION, content, links)
    title, content, links = module_page(document, path.rpartition("/")[2])
    return page(path, title, VERSION, content, links)

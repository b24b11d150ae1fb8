"""The page for people: GraphiQL, with everything that it needs from this server and no other.

GraphiQL and React come from their own releases (``assets/README.md`` says which).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import falcon

from sparx_core.errors import NotFound
from sparx_core.surfaces.cached import Cached
from sparx_core.surfaces.docs.html import Html, element, together
from sparx_core.surfaces.graphql.paths import ASSETS_PATH
from sparx_core.version import VERSION

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_STYLES = ("graphiql.css", "page.css")
_SCRIPTS = ("react.js", "react-dom.js", "graphiql.js", "page.js")
#: Our own files alone, and requests to this server alone. The editor sets styles of elements.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'"
    " 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Page:
    """What a browser is shown."""

    def send(self, request: falcon.Request, response: falcon.Response) -> None:
        response.set_headers(_HEADERS)
        _page().send(request, response)


class Asset:
    """A file of the page."""

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:
        if name not in (*_STYLES, *_SCRIPTS):
            raise NotFound
        response.set_headers(_HEADERS)
        _asset(name).send(request, response)

    on_head = on_get


@lru_cache(maxsize=16)
def _asset(name: str) -> Cached:
    data = (files(__package__) / "assets" / name).read_bytes()
    return Cached(data, _TYPES[name.rpartition(".")[2]])


@lru_cache(maxsize=1)
def _page() -> Cached:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("title", f"GraphQL · Sparx {VERSION}"),
        [element("link", rel="stylesheet", href=_url(name)) for name in _STYLES],
    )
    bar = element(
        "form",
        element("label", "API key", for_="key"),
        Html('<input id="key" type="password" autocomplete="off" placeholder="sk_live_...">'),
        element("button", "Use"),
        element("a", "Reference", href="/docs"),
        id="enter",
    )
    scripts = [element("script", "", src=_url(name)) for name in _SCRIPTS]
    body = element("body", bar, element("div", "", id="graphiql"), scripts)
    text = together(Html("<!doctype html>\n"), element("html", head, body, lang="en"))
    return Cached(text.encode(), "text/html; charset=utf-8")


def _url(name: str) -> str:
    return ASSETS_PATH.replace("{name}", name)

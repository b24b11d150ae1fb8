"""The first page: what the API is like, and a first request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparx_core.errors import NotFound
from sparx_core.surfaces.docs.html import Html, code, element, inline, prose, together
from sparx_core.surfaces.docs.layout import DOCUMENT_PATH
from sparx_core.surfaces.docs.samples import answer_sample, curl, sample
from sparx_core.surfaces.openapi.errors import example_error

_SET_UP = """\
SPARX=http://127.0.0.1:8000
KEY=sk_live_..."""
_KEYS = """
A key belongs to one tenant: what a request sees and changes follows from its key, and a tenant id
is never sent. It has scopes, such as `read:crm`; each endpoint says which one it needs. Keep it on
a server.
"""
_ANSWERS = """
Every answer is one JSON object. `success` tells which of two forms it has: `data`, with `meta`
beside it for a list, or `error`. A code means one thing for ever; the message is for people and may
change. `requestId` is in the log of the installation, and in the header `X-Request-Id`; send one of
your own and it is used.
"""
_REQUESTS = """
A body is JSON in UTF-8 with `Content-Type: application/json`. What is not known is refused and
never ignored: unknown fields, parameters, equal names in one object. A refused request has written
nothing.

Answers may gain fields, and a field may gain values. Ignore what you do not know.
"""
_LISTS = """
Lists come in pages: `take` says how many entries, and `meta.next_cursor` of one page is the
`cursor` of the next. `meta.total` is exact. The reference says what each list can be filtered,
sorted and searched by. `fields` shows less of a resource and `include` related ones too, on lists,
on a single resource and on the answer to a write.
"""
_VALUES = """
Ids are UUIDs. Times are in UTC, to the second: `2026-06-05T17:41:09Z`. Amounts are JSON numbers in
units of their currency, with the digits of that currency: `2316.00` USD, `300` JPY. Read them as
decimals: they are exact. In a `PATCH`, what is absent stays, and null clears.
"""
_SECTIONS = (("Requests", _REQUESTS), ("Lists", _LISTS), ("Values", _VALUES))


def overview(document: Mapping[str, Any]) -> Html:
    """The content of ``/docs``."""
    me = document["paths"]["/v1/me"]["get"]["responses"]["200"]["content"]["application/json"]
    return together(
        element("h1", "The Sparx API"),
        element("p", inline(document["info"]["summary"]), class_="lead"),
        _heading("A first request"),
        prose("Say where your installation is, and who you are; all examples use these two names."),
        sample("Once", _SET_UP),
        prose("Then ask who that is:"),
        sample("Request", curl("GET", "/v1/me")),
        answer_sample("200", me["example"]),
        _heading("Keys"),
        prose(_KEYS),
        _heading("Answers"),
        prose(_ANSWERS),
        answer_sample("404", example_error(NotFound)),
        element("p", "All codes are in the ", element("a", "catalogue", href="/docs/errors"), "."),
        together(together(_heading(title), prose(text)) for title, text in _SECTIONS),
        _heading("Modules"),
        prose("A tenant turns on the modules that it uses. These are installed here:"),
        element("ul", [_module(one) for one in document["tags"]], class_="modules"),
        _heading("For machines"),
        _machines(),
    )


def _heading(title: str) -> Html:
    anchor = title.lower().replace(" ", "-")
    return element("h2", element("a", title, href=f"#{anchor}", class_="anchor"), id=anchor)


def _module(tag: Mapping[str, Any]) -> Html:
    link = element("a", tag["x-displayName"], href=f"/docs/reference/{tag['name']}")
    return element("li", link, element("span", inline(tag.get("description", ""))))


def _machines() -> Html:
    return element(
        "p",
        element("a", code(DOCUMENT_PATH), href=DOCUMENT_PATH),
        inline(
            " is an OpenAPI 3.1 document of all of this, from which clients can be generated. Asked"
            " for with your key it describes just what is active for your tenant."
        ),
    )

"""What can be read by its address: rows of the tenant, and what each module is.

``sparx://crm/orders/0191...`` is a row, ``sparx://docs/crm`` a document.
"""

from __future__ import annotations

import re

from sparx_ai.documents import address, document_of
from sparx_ai.protocol.faults import InvalidParams, UnknownResource
from sparx_ai.protocol.server import MAX_COMPLETIONS, Result
from sparx_ai.tools.reading import read_record, readable
from sparx_ai.visit import Visit
from sparx_core import ApiError, Resource, Runtime
from sparx_core.surface import Asking, Reading, decode, query_page

_DOCS = "docs"
_URI = re.compile(
    r"sparx://([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)(?:/([0-9A-Za-z-]{1,64}))?", re.ASCII
)
_MARKDOWN, _JSON = "text/markdown", "application/json"
#: A client that shows contents to a model is told that people wrote them.
_UNTRUSTED = {"sparx/untrusted": True}


class Records:
    """Resources, in the sense of the protocol, over what the modules declare."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self.registry = runtime, runtime.registry

    def listed(self, visit: Visit) -> list[Result]:
        return [self._document(module) for module in self._modules(visit)]

    def templates(self, visit: Visit) -> list[Result]:
        return [
            {
                "uriTemplate": address(one),
                "name": f"{one.module}_{one.name}",
                "title": f"{one.module}: {one.name.replace('_', ' ')}",
                "description": f"One of the {one.name.replace('_', ' ')}, by its id.",
                "mimeType": _JSON,
            }
            for one in readable(visit)
        ]

    def read(self, visit: Visit, uri: str) -> list[Result]:
        found = _URI.fullmatch(uri)
        if found is None:
            raise UnknownResource(uri)
        place, name, row = found.groups()
        if place == _DOCS and row is None:
            return [self._page(visit, uri, name)]
        resource = _of(visit, place, name)
        if resource is None or row is None:
            raise UnknownResource(uri)
        try:
            text = read_record(visit, resource, row)
        except ApiError as error:
            if error.status in (403, 404):
                # Not to be seen is not there.
                raise UnknownResource(uri) from None
            raise
        return [{"uri": uri, "mimeType": _JSON, "text": text, "_meta": _UNTRUSTED}]

    def complete(self, visit: Visit, uri: str, argument: str, begun: str) -> list[str]:
        """Ids of the newest rows: a person completes what was just made."""
        found = [one for one in readable(visit) if address(one) == uri]
        if not found:
            raise InvalidParams("There is no such template")
        if argument != "id":
            raise InvalidParams(f"{uri} has no argument {argument[:64]}")
        return [one for one in newest_ids(visit, found[0]) if one.startswith(begun)]

    # -- documents -----------------------------------------------------------------------------

    def _modules(self, visit: Visit) -> list[str]:
        """The modules of which the visit may read something."""
        return sorted({one.module for one in readable(visit)})

    def _document(self, module: str) -> Result:
        title = self.registry.modules[module].module.title
        return {
            "uri": f"sparx://{_DOCS}/{module}",
            "name": f"{_DOCS}_{module}",
            "title": title,
            "description": f"What the module {module} holds, and what can be done with it.",
            "mimeType": _MARKDOWN,
        }

    def _page(self, visit: Visit, uri: str, module: str) -> Result:
        if module not in self._modules(visit):
            raise UnknownResource(uri)
        text = document_of(self.registry, module, readable(visit))
        return {"uri": uri, "mimeType": _MARKDOWN, "text": text}


def newest_ids(visit: Visit, resource: Resource) -> list[str]:
    """The ids of the newest rows that the visit sees; none if it may not list them."""
    reads = Reading(visit.runtime, resource.operations["list"])
    asking = Asking(visit.key, {"fields": "id", "take": str(MAX_COMPLETIONS)})
    try:
        text, _ = query_page(reads, asking)
    except ApiError as error:
        if error.status >= 500:
            raise
        return []
    return [row["id"] for row in decode(text.encode())]


def _of(visit: Visit, module: str, name: str) -> Resource | None:
    for one in readable(visit):
        if (one.module, one.name) == (module, name):
            return one
    return None

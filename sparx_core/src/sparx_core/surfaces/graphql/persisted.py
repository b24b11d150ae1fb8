"""Documents that clients name by their hash instead of sending them.

A client sends the hash alone, is told that nobody knows it, and sends both once: then this process
knows the document, until others need the room. Each tenant has its own.
"""

from __future__ import annotations

from hashlib import sha256

from sparx_core.errors import BadRequest, PersistedQueryNotFound
from sparx_core.surfaces.graphql.documents import Kept
from sparx_core.surfaces.graphql.parameters import Parameters

#: Documents of all tenants that a process keeps; each is at most as large as documents may be.
MAX_PERSISTED = 500


class Persisted:
    """The documents that clients taught this process."""

    def __init__(self) -> None:
        self._texts: Kept[str] = Kept(MAX_PERSISTED)

    def text_of(self, tenant: str, asked: Parameters) -> str:
        """The document that is asked for; ``PersistedQueryNotFound`` if it has to be sent."""
        if asked.query is None:
            found = self._texts.find((tenant, asked.digest))
            if found is None:
                raise PersistedQueryNotFound
            return found
        if asked.digest is not None:
            given = sha256(asked.query.encode(errors="surrogatepass")).hexdigest()
            if given != asked.digest:
                raise BadRequest("The hash is not that of the document.")
        return asked.query

    def learn(self, tenant: str, asked: Parameters) -> None:
        """Keep a document that came with its hash, and turned out to be valid."""
        if asked.digest is not None and asked.query is not None:
            self._texts.keep((tenant, asked.digest), asked.query)

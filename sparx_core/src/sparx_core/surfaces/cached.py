"""Answers that change only with the installation: kept as bytes, and sent once to each client."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

import falcon


@dataclass(frozen=True)
class Cached:
    """The bytes of an answer, and the tag by which a client knows them again."""

    data: bytes
    media_type: str
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", sha256(self.data).hexdigest()[:32])

    def send(
        self, request: falcon.Request, response: falcon.Response, *, private: bool = False
    ) -> None:
        """200 with the bytes, or 304 to a client that has them. ``private``: only for its key."""
        response.etag = self.etag
        response.cache_control = ["private", "no-cache"] if private else ["no-cache"]
        known = request.if_none_match or []
        if "*" in known or self.etag in known:
            response.status = 304
            return
        response.content_type = self.media_type
        response.data = self.data

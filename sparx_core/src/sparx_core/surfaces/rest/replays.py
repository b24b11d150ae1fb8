"""``Idempotency-Key`` over HTTP: which request it is for, and how its answer is given again."""

from __future__ import annotations

import falcon
import msgspec

from sparx_core.auth.keys import PresentedKey
from sparx_core.errors import ApiError
from sparx_core.idempotency.claim import Claim, StoredAnswer
from sparx_core.resources import Operation
from sparx_core.surfaces.rest.body import Body
from sparx_core.surfaces.rest.envelope import MEDIA_TYPE

_encode = msgspec.json.Encoder(decimal_format="number", order="sorted").encode

#: Headers that belong to an answer; the others are those of each request.
_KEPT = ("etag", "location")


def claim_of(
    request: falcon.Request, operation: Operation, key: PresentedKey | None, body: Body
) -> Claim | None:
    """The claim of a request with an ``Idempotency-Key``."""
    header = request.get_header("Idempotency-Key")
    if header is None or key is None:
        return None
    return Claim.of(
        header,
        operation.name,
        key.secret_hash,
        request.method.encode(),
        request.path.encode(),
        request.query_string.encode(),
        (request.get_header("If-Match") or "").encode(),
        _canonical(body),
    )


def _canonical(body: Body) -> bytes:
    """The same bytes for the same JSON, however it is written.

    A body that cannot be read makes no answer that would be stored, so nothing has to tell it from
    another such body.
    """
    try:
        return _encode(body.optional_json())
    except ApiError:
        return b""


def answer_of(response: falcon.Response) -> StoredAnswer:
    """What a response says, to be kept."""
    headers = {name: value for name, value in response.headers.items() if name in _KEPT}
    return StoredAnswer(response.status_code, headers, bytes(response.data or b""))


def replay(response: falcon.Response, stored: StoredAnswer) -> None:
    """Give a stored answer again."""
    response.status = stored.status
    response.data = stored.body
    response.content_type = MEDIA_TYPE
    response.set_header("Cache-Control", "no-store")
    for name, value in stored.headers.items():
        response.set_header(name, value)
    response.set_header("Idempotent-Replayed", "true")

"""JSON-RPC errors: what a request is refused with before, or instead of, an answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022
#: Of the range that JSON-RPC leaves to servers: the API's own errors, with their code in ``data``.
API_ERROR = -32000

#: What HTTP says of an error by its code; of the others it is said by whoever raises them.
_STATUS = {METHOD_NOT_FOUND: 404, INTERNAL_ERROR: 500}


class Fault(Exception):
    """A JSON-RPC error; ``status`` is that of HTTP in the revision that has one for each code."""

    def __init__(
        self, code: int, message: str, data: Any = None, *, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data
        self.status = status or _STATUS.get(code, 400)

    def told(self, request_id: Any) -> dict[str, Any]:
        """The message of the answer; the id is null where none could be read."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return {"jsonrpc": "2.0", "id": request_id, "error": error}


class InvalidParams(Fault):
    """The parameters of a method are not what it takes."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(INVALID_PARAMS, message, data)


class UnknownTool(InvalidParams):
    """There is no tool of this name, or none that the key may see: the answers are identical."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown tool: {name[:128]}")


class UnknownPrompt(InvalidParams):
    """There is no prompt of this name, or none that the key may see."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown prompt: {name[:128]}")


class UnknownResource(InvalidParams):
    """There is nothing under this URI, or it belongs to another tenant, or is not to be seen."""

    def __init__(self, uri: str) -> None:
        super().__init__("Resource not found", {"uri": uri})


class MethodNotFound(Fault):
    """The revision has no such method."""

    def __init__(self, method: str) -> None:
        super().__init__(METHOD_NOT_FOUND, f"Method not found: {method[:128]}")


class HeaderMismatch(Fault):
    """A header says something else than the body: somebody in between may believe the header."""

    def __init__(self, message: str) -> None:
        super().__init__(HEADER_MISMATCH, message)


class UnsupportedVersion(Fault):
    """A revision of the protocol that is not answered."""

    def __init__(self, requested: str, supported: Iterable[str]) -> None:
        data = {"supported": list(supported), "requested": requested}
        super().__init__(UNSUPPORTED_VERSION, "Unsupported protocol version", data)


class MissingCapability(Fault):
    """What is asked for needs something that the client does not say that it can do."""

    def __init__(self, **required: Any) -> None:
        names = ", ".join(sorted(required))
        super().__init__(
            MISSING_CAPABILITY,
            f"The client does not declare the capability {names}",
            {"requiredCapabilities": required},
        )

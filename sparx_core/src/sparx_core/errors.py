"""Every error an API client can receive: one class per code, with its HTTP status.

A module adds its own by subclassing :class:`ApiError` in its ``errors.py`` and returning
the classes from the ``sparx_errors`` hook. A code means one thing for ever; the message is
for people and may change. The class docstring is the public documentation of the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

from sparx_core.pointers import Path, problem

#: Problems listed in one answer; a body of a megabyte can hold many more.
MAX_PROBLEMS = 100


class ApiError(Exception):
    """Base of all errors that reach a client in the envelope."""

    code: ClassVar[str]
    status: ClassVar[int]
    message: ClassVar[str]

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.text = message or self.message
        self.details = details
        self.headers = dict(headers or {})
        super().__init__(self.text)


class BadRequest(ApiError):
    """The request cannot be read: malformed JSON, an unknown query parameter, a bad value in it."""

    code, status, message = "bad_request", 400, "The request could not be read."


class Unauthorized(ApiError):
    """The API key is missing, malformed, unknown, revoked or expired; the answer is the same."""

    code, status = "unauthorized", 401
    message = "A valid API key is required: Authorization: Bearer sk_live_..."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class ModuleDisabled(ApiError):
    """The endpoint belongs to a module that the key's tenant has not activated."""

    code, status = "module_disabled", 403
    message = "The module is not active for this tenant."

    def __init__(self, module: str) -> None:
        super().__init__(
            f"The {module} module is not active for this tenant.", details={"module": module}
        )


class Forbidden(ApiError):
    """The actor may not do this."""

    code, status, message = "forbidden", 403, "This is not allowed."


class InsufficientScope(ApiError):
    """The API key lacks the scope that the operation needs."""

    code, status = "insufficient_scope", 403
    message = "The API key lacks a scope."

    def __init__(self, *scopes: str) -> None:
        super().__init__(
            f"The API key lacks the scope {', '.join(scopes)}.",
            details={"requiredScopes": list(scopes)},
        )


class NotFound(ApiError):
    """There is no such thing, or it belongs to another tenant: the answers are identical."""

    code, status, message = "not_found", 404, "There is nothing here."


class MethodNotAllowed(ApiError):
    """The path exists, but not with this method; ``Allow`` lists those that it has."""

    code, status, message = "method_not_allowed", 405, "This method is not allowed here."


class NotAcceptable(ApiError):
    """The header `Accept` names nothing that the API answers here."""

    code, status = "not_acceptable", 406
    message = "Accept application/graphql-response+json or application/json."


class Conflict(ApiError):
    """The request contradicts what is stored: a value that must be unique, a row still in use."""

    code, status, message = "conflict", 409, "The request conflicts with what is stored."
    #: What a violated unique index says: whose value it was, to be looked up after a rollback.
    taken: Any = None


class Duplicate(Conflict):
    """Another one is there already, or one that is very likely the same; ``details`` lists by
    which field, with the ``id`` of each.
    """

    code, status, message = "duplicate", 409, "There is another one already."


class ReferencesStay(ApiError):
    """What refers to a row cannot be made to refer to another; `details` name the table and why:
    `constraint`, `append_only`, `module_disabled` or `too_deep`.
    """

    code, status = "references_stay", 409
    message = "What refers to this cannot be made to refer to something else."

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(details={"table": table, "reason": reason})


class InvalidTransition(ApiError):
    """The resource's present state does not allow this action."""

    code, status, message = "invalid_transition", 409, "The present state does not allow this."


class VersionConflict(ApiError):
    """Somebody else changed the resource since it was read; ``details.version`` is the current."""

    code, status, message = "version_conflict", 409, "The resource was changed in the meantime."

    def __init__(self, version: int) -> None:
        super().__init__(details={"version": version})


class IdempotencyInProgress(ApiError):
    """A request with the same `Idempotency-Key` is still being worked on; ask again in a moment."""

    code, status = "idempotency_in_progress", 409
    message = "A request with this idempotency key is still being worked on."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class VersionRequired(ApiError):
    """The operation is for who has seen what it changes: send the `version` that you read, in the
    body or as `If-Match`.
    """

    code, status = "version_required", 428
    message = "Say which version you have seen: version in the body, or If-Match."


class PreconditionFailed(ApiError):
    """The resource has another version than `If-Match` names; `details.version` is the current."""

    code, status = "precondition_failed", 412
    message = "The resource has another version than If-Match names."

    def __init__(self, version: int | None = None) -> None:
        super().__init__(details=None if version is None else {"version": version})


class RangeUnsatisfiable(ApiError):
    """The file ends before the bytes that `Range` asks for begin."""

    code, status = "range_not_satisfiable", 416
    message = "The file has no such bytes."

    def __init__(self, size: int) -> None:
        super().__init__(details={"size": size}, headers={"Content-Range": f"bytes */{size}"})


class RequestTimeout(ApiError):
    """The request did not arrive in time: 5 seconds for its head, 10 KiB a second for its body."""

    code, status, message = "request_timeout", 408, "The request did not arrive in time."


class PayloadTooLarge(ApiError):
    """The body exceeds a limit of the installation: 1 MiB and 10,000 values, unless configured."""

    code, status, message = "payload_too_large", 413, "The request body is too large."


class TargetTooLong(ApiError):
    """The path and query together are longer than the server reads."""

    code, status, message = "target_too_long", 414, "The target of the request is too long."


class UnsupportedMediaType(ApiError):
    """The body is not ``application/json`` in UTF-8, or is compressed."""

    code, status = "unsupported_media_type", 415
    message = "Send application/json encoded as UTF-8."


class ExpectationFailed(ApiError):
    """The header `Expect` asks for something other than `100-continue`."""

    code, status, message = "expectation_failed", 417, "Only 100-continue can be expected."


class ValidationFailed(ApiError):
    """The body was read but values in it are wrong; ``details`` lists every one of them, each with
    its field and the JSON pointer to it.
    """

    code, status, message = "validation_error", 422, "Some values are not valid."

    def __init__(self, problems: Iterable[tuple[str | Path, str]]) -> None:
        """Each problem is a field and what is wrong with it: the field as ``items[0].quantity``,
        or the parts of its path, where a client's own names may hold points and brackets.
        """
        told = islice(problems, MAX_PROBLEMS)
        super().__init__(details=[problem(where, message) for where, message in told])


class BatchFailed(ApiError):
    """Entries of an atomic batch were refused, so nothing of it was written; `details` lists them,
    each with its index, its status and its error.
    """

    code, status = "batch_failed", 422
    message = "Nothing was written, because entries were refused."

    def __init__(self, failures: Sequence[Any]) -> None:
        super().__init__(details=list(failures))


class IdempotencyKeyReused(ApiError):
    """The `Idempotency-Key` was used for another request; take a new key for each write."""

    code, status = "idempotency_key_reused", 422
    message = "The idempotency key was used for another request."


class AnswerErased(ApiError):
    """The request with this `Idempotency-Key` was carried out before, and is not again; its answer
    told of somebody who was erased since, so it is not kept any more.
    """

    code, status = "answer_erased", 410
    message = "The request was carried out before; its answer has been erased since."


class QueryTooComplex(ApiError):
    """A GraphQL document is beyond a limit: of its size, its depth, its aliases, its fields or what
    it does at once; `details` name the limit, what is the most, and what was found.
    """

    code, status = "query_too_complex", 400
    message = "The query is more complex than the API answers."

    def __init__(self, limit: str, most: int, found: int) -> None:
        super().__init__(
            f"The query has more than {most:,} {limit}.",
            details={"limit": limit, "most": most, "found": found},
        )


class QueryTooExpensive(ApiError):
    """A GraphQL query could show more rows than are answered at once; ask for smaller pages.
    `details` tell its cost and the most that one may cost.
    """

    code, status = "query_too_expensive", 400
    message = "The query costs more than the API answers."

    def __init__(self, requested: int, maximum: int) -> None:
        super().__init__(
            f"The query costs {requested:,}, and may cost {maximum:,}.",
            details={"requested": requested, "maximum": maximum},
        )


class PersistedQueryNotFound(ApiError):
    """No GraphQL document is known by this hash; send the document with it."""

    code, status = "persisted_query_not_found", 404
    # Clients that send hashes first know it by this message.
    message = "PersistedQueryNotFound"


class RateLimited(ApiError):
    """Too many requests; ``Retry-After`` says when to come back."""

    code, status, message = "rate_limited", 429, "Too many requests: back off and retry."


class HeadersTooLarge(ApiError):
    """There are more than 100 headers, one of more than 8,190 bytes, or 64 KiB of them."""

    code, status, message = "headers_too_large", 431, "The headers of the request are too large."


class InternalError(ApiError):
    """A defect in the installation; the request id finds it in the log. Nothing was written."""

    code, status, message = "internal_error", 500, "Something went wrong on our side."


class UnsupportedTransferCoding(ApiError):
    """The header `Transfer-Encoding` is something other than `chunked`."""

    code, status = "unsupported_transfer_coding", 501
    message = "Only the transfer coding chunked is understood."


class Unavailable(ApiError):
    """The database cannot be reached, or it or the server has too much to do; retry.

    Nothing was written, unless the connection broke at the very commit: look before repeating.
    """

    code, status, message = "unavailable", 503, "The service is not available right now."

    def __init__(
        self, message: str | None = None, *, details: Any = None, retry_after: int = 1
    ) -> None:
        super().__init__(message, details=details, headers={"Retry-After": str(retry_after)})


CORE_ERRORS: tuple[type[ApiError], ...] = (
    BadRequest,
    Unauthorized,
    ModuleDisabled,
    Forbidden,
    InsufficientScope,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Conflict,
    Duplicate,
    InvalidTransition,
    ReferencesStay,
    VersionConflict,
    IdempotencyInProgress,
    PreconditionFailed,
    RequestTimeout,
    PayloadTooLarge,
    TargetTooLong,
    UnsupportedMediaType,
    RangeUnsatisfiable,
    ExpectationFailed,
    VersionRequired,
    ValidationFailed,
    BatchFailed,
    IdempotencyKeyReused,
    AnswerErased,
    QueryTooComplex,
    QueryTooExpensive,
    PersistedQueryNotFound,
    RateLimited,
    HeadersTooLarge,
    InternalError,
    UnsupportedTransferCoding,
    Unavailable,
)

"""``POST /mcp``: one message in, one answer out, as JSON; with messages before it, as a stream."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import falcon

from sparx_ai.protocol.faults import (
    API_ERROR,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    Fault,
)
from sparx_ai.protocol.messages import MAX_DEPTH, Message, id_of, message_of
from sparx_ai.protocol.origins import may_ask
from sparx_ai.protocol.revisions import spoken_in, version_of_notification
from sparx_ai.protocol.server import Result, Server, Streamed
from sparx_ai.visit import Visit, admitted
from sparx_core import ApiError, BadRequest, Context, Forbidden, Runtime, bearer
from sparx_core.surface import AllowedOrigins, Body, Limits, Unauthorized, encode

log = logging.getLogger(__name__)

_JSON = "application/json"
_EVENTS = "text/event-stream"
_MODULE = "ai"


#: What a key may do here, from the settings of its tenant and the address; ``ApiError``.
Admit = Callable[[Context, Mapping[str, str]], Any]


class Mcp:
    """A Falcon resource that has a server answer what keys ask."""

    def __init__(self, runtime: Runtime, server: Server, admit: Admit) -> None:
        self.runtime, self.server, self._admit = runtime, server, admit
        self._origins = AllowedOrigins(runtime.database)
        self._limits = Limits(values=runtime.settings.max_body_values, depth=MAX_DEPTH)

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        request.context.operation = "ai.mcp"
        # Read before a transaction is open; what is wrong with it is told to those with a key.
        body = Body(request, self.runtime.settings.max_body_bytes, self._limits)
        value, problem = _value_of(body)
        try:
            visit = self._admitted(request)
            if problem is not None:
                raise problem
            self._take(visit, message_of(value), request, response)
        except Fault as fault:
            _refuse(response, fault, id_of(value))
        except ApiError as error:
            _refuse(response, _fault_of(error, request.context.id), id_of(value))
            _add_headers(response, error)

    def failure(self, response: falcon.Response, error: ApiError, request_id: str) -> None:
        """What kept a request from being read, in the words of the protocol."""
        _refuse(response, _fault_of(error, request_id), None)
        _add_headers(response, error)

    def _admitted(self, request: falcon.Request) -> Visit:
        """The visit of the key; ``ApiError`` if it may not ask here."""
        key = bearer(request.get_header("Authorization"))
        if key is None:
            raise Unauthorized
        chosen = {name: _joined(one) for name, one in request.params.items()}
        with self.runtime.as_key(
            key, read_only=True, request_id=request.context.id, operation="ai.mcp"
        ) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            context.require(_MODULE, None)
            visit = admitted(context, self.runtime, key, chosen, self._admit(context, chosen))
        origin, host = request.get_header("Origin"), request.env.get("HTTP_HOST", "")
        if not may_ask(origin, host, visit.tenant.slug, self._origins):
            raise Forbidden("This origin is none of those that the tenant allows.")
        return visit

    def _take(
        self,
        visit: Visit,
        message: Message,
        request: falcon.Request,
        response: falcon.Response,
    ) -> None:
        if message.id is None or message.method is None:
            revision = version_of_notification(request.get_header)
            self.server.receive(replace(visit, revision=revision), message)
            response.status = 202
            return
        spoken = spoken_in(message, request.get_header)
        visit = replace(
            visit,
            revision=spoken.revision,
            capabilities=spoken.capabilities,
            client=spoken.client or _agent(request),
        )
        try:
            found = self.server.answer(visit, message)
        except Fault as fault:
            # Before there was a status for each, clients read only what came with 200.
            _refuse(response, fault, message.id, told=spoken.stateless)
            return
        if message.method == "initialize":
            # Nothing is kept under it: a client shows it again, so that logs can tell of a session.
            response.set_header("Mcp-Session-Id", uuid4().hex)
        if isinstance(found, Streamed):
            response.content_type = _EVENTS
            response.stream = _events(found, message.id, visit.request_id)
            response.set_header("X-Accel-Buffering", "no")
        else:
            response.data = encode(_answer(message.id, found))
            response.content_type = _JSON
        response.set_header("Cache-Control", "no-store")


def _value_of(body: Body) -> tuple[Any, Fault | None]:
    """The JSON of a body, or what is wrong with it."""
    try:
        return body.json(), None
    except BadRequest as error:
        return None, Fault(PARSE_ERROR, error.text)
    except ApiError as error:
        return None, Fault(INVALID_REQUEST, error.text, error.details, status=_below(error, 400))


def _below(error: ApiError, default: int) -> int:
    """The status of an error about a body: 413 and 415 as they are, 422 has no meaning here."""
    return error.status if error.status in (413, 415) else default


def _fault_of(error: ApiError, request_id: str) -> Fault:
    """An error of the API: its code is in ``data``, its status that of HTTP."""
    data: dict[str, Any] = {"code": error.code, "requestId": request_id}
    if error.details is not None:
        data["details"] = error.details
    retry = error.headers.get("Retry-After")
    if retry is not None and retry.isdigit():
        data["retryAfter"] = int(retry)
    code = INTERNAL_ERROR if error.status >= 500 else API_ERROR
    return Fault(code, error.text, data, status=error.status)


def _refuse(response: falcon.Response, fault: Fault, message_id: Any, *, told: bool = True) -> None:
    response.status = fault.status if told else 200
    response.data = encode(fault.told(message_id))
    response.content_type = _JSON
    response.set_header("Cache-Control", "no-store")


def _add_headers(response: falcon.Response, error: ApiError) -> None:
    for name, value in error.headers.items():
        response.set_header(name, value)


def _answer(message_id: Any, result: Result) -> Result:
    return {"jsonrpc": "2.0", "id": message_id, "result": result}


def _events(streamed: Streamed, message_id: Any, request_id: str) -> Iterator[bytes]:
    """Server-sent events: the messages, and the answer as the last of them."""
    messages = streamed.messages
    try:
        while True:
            yield _event(next(messages))
    except StopIteration as end:
        yield _event(_answer(message_id, end.value))
    except Fault as fault:
        yield _event(fault.told(message_id))
    except Exception:
        # The status is sent already, so that only the message can tell.
        log.exception("stream failed: %s", request_id)
        broken = Fault(INTERNAL_ERROR, "Something went wrong.", {"requestId": request_id})
        yield _event(broken.told(message_id))


def _event(message: Result) -> bytes:
    return b"event: message\ndata: " + encode(message) + b"\n\n"


def _joined(value: Any) -> str:
    """A parameter of the address; of one that occurs twice all that was said."""
    return ",".join(value) if isinstance(value, list) else str(value)


def _agent(request: falcon.Request) -> str | None:
    """What a client calls itself over HTTP, if it says nothing better."""
    agent = request.get_header("User-Agent") or ""
    return "".join(c for c in agent if c.isprintable())[:200] or None

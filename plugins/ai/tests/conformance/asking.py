"""Fixtures that ask back, as 2025-11-25 does it: requests on the stream of the answer."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Generator
from queue import Empty, Queue
from typing import Any

from sparx_ai.protocol.messages import Message
from sparx_ai.protocol.server import Streamed
from sparx_ai.visit import Visit

from .contents import DEFAULTS, ENUMS, Dict, form, said, sampling, text

#: Seconds that a client has for its answer.
PATIENCE = 10.0
Said = Generator[Dict, None, Dict]


class Asking:
    """Requests to clients that wait for their answers, each of which is a message of its own."""

    def __init__(self) -> None:
        self._waiting: dict[str, Queue[Dict]] = {}
        self._ids = itertools.count(1)

    def ask(self, request: Dict) -> Generator[Dict, None, Dict]:
        """Send a request on the stream, and wait for what the client says."""
        number = f"fixture-{next(self._ids)}"
        queue = self._waiting[number] = Queue()
        yield {"jsonrpc": "2.0", "id": number, **request}
        try:
            answer = queue.get(timeout=PATIENCE)
        except Empty:
            return {}
        finally:
            del self._waiting[number]
        found: Dict = answer.get("result", {})
        return found

    def receive(self, message: Message) -> None:
        queue = self._waiting.get(str(message.id))
        if queue is not None and message.answer is not None:
            queue.put(message.answer)


def streamed(messages: Said) -> Streamed:
    return Streamed(messages)


def notified(method: str, **params: Any) -> Dict:
    return {"jsonrpc": "2.0", "method": f"notifications/{method}", "params": params}


def logging(visit: Visit, asking: Asking, arguments: Dict) -> Said:
    steps = ("Tool execution started", "Tool processing data", "Tool execution completed")
    for step in steps:
        yield notified("message", level="info", logger="fixtures", data=step)
        time.sleep(0.05)
    return said(text("Three steps were logged."))


def progress(visit: Visit, asking: Asking, arguments: Dict) -> Said:
    token = visit.meta.get("progressToken")
    for done in (0, 50, 100):
        if token is not None:
            yield notified("progress", progressToken=token, progress=done, total=100)
        time.sleep(0.05)
    return said(text("It is done."))


def sampled(visit: Visit, asking: Asking, arguments: Dict) -> Said:
    answer = yield from asking.ask(sampling(str(arguments.get("prompt"))))
    return said(text(f"LLM response: {answer.get('content', {}).get('text')}"))


def elicited(visit: Visit, asking: Asking, arguments: Dict) -> Said:
    asked = form(
        str(arguments.get("message")),
        username={"type": "string", "description": "User's response"},
        email={"type": "string", "description": "User's email address"},
    )
    answer = yield from asking.ask(asked)
    content = json.dumps(answer.get("content", {}))
    return said(text(f"User response: action: {answer.get('action')}, content: {content}"))


def _with_schema(properties: Dict) -> Callable[[Visit, Asking, Dict], Said]:
    def elicit(visit: Visit, asking: Asking, arguments: Dict) -> Said:
        asked = form("Please fill in.", **properties)
        asked["params"]["requestedSchema"]["required"] = []
        answer = yield from asking.ask(asked)
        content = json.dumps(answer.get("content", {}))
        return said(
            text(f"Elicitation completed: action={answer.get('action')}, content={content}")
        )

    return elicit


TOOLS: dict[str, Callable[[Visit, Asking, Dict], Said]] = {
    "test_tool_with_logging": logging,
    "test_tool_with_progress": progress,
    "test_sampling": sampled,
    "test_elicitation": elicited,
    "test_elicitation_sep1034_defaults": _with_schema(DEFAULTS),
    "test_elicitation_sep1330_enums": _with_schema(ENUMS),
}

"""Fixtures that ask back, as 2026-07-28 does it: the client asks again, with the answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any

from sparx_ai.protocol.faults import InvalidParams, MissingCapability
from sparx_ai.visit import Visit

from .contents import ROOTS, Dict, form, said, sampling, text

_SECRET = secrets.token_bytes(32)
_NAME = {"name": {"type": "string"}}


def required(requests: Dict, state: Any = None) -> Dict:
    """A result that is none yet."""
    found: Dict = {"resultType": "input_required", "inputRequests": requests}
    if state is not None:
        found["requestState"] = sealed(state)
    return found


def sealed(state: Any) -> str:
    body = json.dumps(state)
    return f"{body}.{hmac.new(_SECRET, body.encode(), hashlib.sha256).hexdigest()}"


def opened(visit: Visit) -> Any:
    """The state that the client brings back; refused if it is not as it was given."""
    body, _, mark = (visit.state or "").rpartition(".")
    if not hmac.compare_digest(mark, hmac.new(_SECRET, body.encode(), hashlib.sha256).hexdigest()):
        raise InvalidParams("requestState is not as it was given")
    return json.loads(body)


def content_of(visit: Visit, name: str) -> Dict | None:
    """The content of an accepted form, if the client brings one."""
    answer = visit.answers.get(name)
    if not isinstance(answer, dict) or answer.get("action") != "accept":
        return None
    content = answer.get("content")
    return content if isinstance(content, dict) else None


def elicitation(visit: Visit) -> Dict:
    content = content_of(visit, "user_name")
    if content is None or not isinstance(content.get("name"), str):
        return required({"user_name": form("What is your name?", **_NAME)})
    return said(text(f"Hello, {content['name']}!"))


def asks_model(visit: Visit) -> Dict:
    answer = visit.answers.get("capital_question")
    if not isinstance(answer, dict) or "content" not in answer:
        return required({"capital_question": sampling("What is the capital of France?")})
    return said(text(f"The model said: {answer['content'].get('text')}"))


def asks_roots(visit: Visit) -> Dict:
    answer = visit.answers.get("client_roots")
    if not isinstance(answer, dict) or not isinstance(answer.get("roots"), list):
        return required({"client_roots": ROOTS})
    return said(text(f"Roots: {', '.join(one['uri'] for one in answer['roots'])}"))


def keeps_state(visit: Visit) -> Dict:
    ok = {"ok": {"type": "boolean"}}
    if "confirm" not in visit.answers:
        return required({"confirm": form("Please confirm", **ok)}, "begun")
    assert opened(visit) == "begun"
    return said(text("state-ok"))


def several(visit: Visit) -> Dict:
    requests = {
        "user_name": form("What is your name?", **_NAME),
        "greeting": sampling("Generate a greeting", 50),
        "client_roots": ROOTS,
    }
    if not all(name in visit.answers for name in requests):
        return required(requests, "several")
    assert opened(visit) == "several"
    return said(text("All three are there."))


def rounds(visit: Visit) -> Dict:
    first = form("Step 1: What is your name?", **_NAME)
    second = form("Step 2: What is your favorite color?", color={"type": "string"})
    if visit.state is None:
        return required({"step1": first}, {"step": 1})
    state = opened(visit)
    if state["step"] == 1:
        content = content_of(visit, "step1")
        if content is None:
            return required({"step1": first}, {"step": 1})
        return required({"step2": second}, {"step": 2, "name": content.get("name")})
    content = content_of(visit, "step2")
    if content is None:
        return required({"step2": second}, state)
    return said(text(f"{state['name']} likes {content.get('color')}."))


def by_capability(visit: Visit) -> Dict:
    requests = {
        "question": sampling("Say something."),
        "form": form("What is your name?", **_NAME),
        "roots": ROOTS,
    }
    needs = {"question": "sampling", "form": "elicitation", "roots": "roots"}
    able = {name: one for name, one in requests.items() if needs[name] in visit.capabilities}
    if visit.answers or not able:
        return said(text("Nothing more to ask."))
    return required(able)


def needs_sampling(visit: Visit) -> Dict:
    if "sampling" not in visit.capabilities:
        raise MissingCapability(sampling={})
    return said(text("The client can sample."))


_PREFIX = "test_input_required_result_"
TOOLS: dict[str, Callable[[Visit], Dict]] = {
    f"{_PREFIX}elicitation": elicitation,
    f"{_PREFIX}sampling": asks_model,
    f"{_PREFIX}list_roots": asks_roots,
    f"{_PREFIX}request_state": keeps_state,
    f"{_PREFIX}multiple_inputs": several,
    f"{_PREFIX}multi_round": rounds,
    f"{_PREFIX}tampered_state": keeps_state,
    f"{_PREFIX}capabilities": by_capability,
    "test_missing_capability": needs_sampling,
    "test_streaming_elicitation": elicitation,
}

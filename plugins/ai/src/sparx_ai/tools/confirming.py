"""Plans that are put to a person: the client asks, and sends the call again with the answer.

What it is asked with is our own text, and names and ids that were declared or made here: whoever
writes a record must not speak to the person who decides.
"""

from __future__ import annotations

from typing import Any

from sparx_ai.protocol.revisions import STATELESS
from sparx_ai.tools.plans import Told
from sparx_ai.visit import Visit

#: The request in ``inputRequests``, its answer in ``inputResponses``, and the field of the form.
CONFIRM = "confirm"
#: Rows that the question names.
_NAMED = 5
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        CONFIRM: {
            "type": "boolean",
            "title": "Do it",
            "description": "Without it, nothing is done.",
            "default": False,
        }
    },
    "required": [CONFIRM],
}


def can_ask(visit: Visit) -> bool:
    """Whether the client says that it can show somebody a form. One that only says that it asks
    means forms; one that names ways may lack this one.
    """
    ways = visit.capabilities.get("elicitation")
    if visit.revision != STATELESS or not isinstance(ways, dict):
        return False
    return not ways or isinstance(ways.get("form"), dict)


def question(told: Told, state: str) -> dict[str, Any]:
    """A result that is none yet: what the person is asked, and what the answer comes back with."""
    params = {"mode": "form", "message": _message(told), "requestedSchema": _FORM}
    asked = {CONFIRM: {"method": "elicitation/create", "params": params}}
    return {"resultType": "input_required", "inputRequests": asked, "requestState": state}


def is_answered(visit: Visit) -> bool:
    """Whether the client brings an answer, whatever it is."""
    return visit.answers.get(CONFIRM) is not None


def is_agreed(visit: Visit) -> bool:
    """Whether the answer is a yes. Everything else is a no: a mark that is text, a form that was
    sent without it, one that was closed.
    """
    answer = visit.answers.get(CONFIRM)
    if not isinstance(answer, dict) or answer.get("action") != "accept":
        return False
    content = answer.get("content")
    return isinstance(content, dict) and content.get(CONFIRM) is True


def _message(told: Told) -> str:
    rows = [
        f"{resource}: {', '.join(f'{number:,} {action}' for action, number in counts.items())}"
        for resource, counts in told["changes"].items()
    ]
    events = [f"{name} ({number:,})" for name, number in told["events"].items()]
    # The ids of rows that would be new are not those that they will have.
    named = [one for one in told["affected"] if not one.endswith(" created")][:_NAMED]
    parts = [
        f"An agent asks to carry out {told['operation']} ({told['risk']}).",
        f"Records: {'; '.join(rows) or 'none that are counted'}.",
        *([f"Events: {', '.join(events)}."] if events else []),
        *([f"First of them: {', '.join(named)}."] if named else []),
        "It is done only if you agree within ten minutes, and nothing of it has changed by then.",
    ]
    return "\n".join(parts)

"""Rules about what is sent: samples that make rows, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparx_core.testing.api import Answer
from sparx_core.testing.contract.bodies import Underivable
from sparx_core.testing.contract.calls import Call
from sparx_core.testing.contract.rule import rule
from sparx_core.testing.contract.scene import Scene
from sparx_core.testing.contract.subject import Subject

#: A name that no module knows, as a parameter and as a field.
_UNKNOWN_PARAMETER, _UNKNOWN_FIELD = "sparx_unknown=1", "sparxUnknown"


@rule("samples")
def samples(subject: Subject) -> Iterator[str]:
    """A row of each resource can be made over the API.

    The bodies are made from the schema. Where that is not enough, give a sample: samples =
    {"loyalty.rewards": {"code": "A-1"}}, merged into what the schema tells, or a function of the
    client and the number of the row that returns one. Or put metadata={"example": ...} on the
    field.
    """
    for key, reason in subject.stage.home.unmade.items():
        if "create" in subject.modules.resources[key].operations:
            yield f"{key} needs a sample: {reason}"


@rule("parameters")
def parameters(subject: Subject) -> Iterator[str]:
    """An unknown query parameter is answered with 400, and nothing is written.

    Declared operations do that. A route of your own has to refuse with BadRequest what it does not
    know.
    """
    stage = subject.stage
    for call in stage.calls:
        yield from stage.refused(
            stage.home.api,
            call,
            (400, "bad_request"),
            "with an unknown parameter",
            row_id=_row(stage.home, call),
            body=_body(stage.home, call),
            query=_UNKNOWN_PARAMETER,
        )


@rule("fields")
def fields(subject: Subject) -> Iterator[str]:
    """An unknown field in a body is answered with 422, and nothing is written.

    Derive the schemas of bodies from ObjectSchema or ResourceSchema, and leave their Meta.unknown
    as it is.
    """
    stage = subject.stage
    for call in stage.calls:
        row_id = _row(stage.home, call)
        if not call.writes or call.operation is None or (call.has_id and row_id is None):
            continue
        body = {**(_body(stage.home, call) or {}), _UNKNOWN_FIELD: 1}
        before = stage.written()
        answer = stage.send(stage.home.api, call, row_id, body)
        if answer.status != 422 or _UNKNOWN_FIELD not in _fields_told(answer):
            yield f"{call} with an unknown field is answered with {answer.status}, not 422 on it"
        changed = stage.changed(before)
        if changed:
            yield f"{call} with an unknown field wrote to {', '.join(changed)}"


def _row(scene: Scene, call: Call) -> str | None:
    if not call.has_id or call.resource is None:
        return None
    return next(iter(scene.ids(call.resource)), None)


def _body(scene: Scene, call: Call) -> dict[str, Any] | None:
    """A body that the call would take, if one is known."""
    if call.operation is None or call.operation.body is None:
        return None
    try:
        return next(scene.bodies(call.operation))
    except Underivable:
        return None


def _fields_told(answer: Answer) -> list[str]:
    details = answer.json.get("error", {}).get("details") or []
    return [one.get("field", "") for one in details if isinstance(one, dict)]

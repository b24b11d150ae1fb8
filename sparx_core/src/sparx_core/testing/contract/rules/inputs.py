"""Rules about what is sent: samples that make rows, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparx_core.resources import Kind
from sparx_core.testing.contract.bodies import Underivable
from sparx_core.testing.contract.calls import Call, Refusal
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
    stage, home = subject.stage, subject.stage.home
    how, expected = "with an unknown parameter", (400, "bad_request")
    yield from stage.refused(
        [
            Refusal(
                home.api,
                call,
                how,
                expected,
                row_id=_row(home, call),
                body=_body(home, call),
                query=_UNKNOWN_PARAMETER,
            )
            for call in stage.calls
        ]
    )


@rule("fields")
def fields(subject: Subject) -> Iterator[str]:
    """An unknown field in a body is answered with 422, and nothing is written.

    Derive the schemas of bodies from ObjectSchema or ResourceSchema, and leave their Meta.unknown
    as it is.
    """
    stage, home = subject.stage, subject.stage.home
    refusals = []
    for call in stage.calls:
        row_id = _row(home, call)
        if not call.writes or call.operation is None or (call.has_id and row_id is None):
            continue
        if call.operation.kind is Kind.IMPORT:
            continue  # it takes a file
        body = {**(_body(home, call) or {}), _UNKNOWN_FIELD: 1}
        how, expected = "with an unknown field", (422, "validation_error")
        refusals.append(
            Refusal(home.api, call, how, expected, row_id=row_id, body=body, field=_UNKNOWN_FIELD)
        )
    yield from stage.refused(refusals)


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

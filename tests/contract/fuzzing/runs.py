"""A run of schemathesis over the document: every check, every phase, one key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from . import reasons, wire

#: The statuses that count as a refusal of what the document forbids. Those of schemathesis, and
#: two of the API's own: a precondition is looked at before the body, and so is its size.
REFUSALS = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429]
#: Failures that are printed of each operation and check.
SHOWN = 2


@dataclass
class Run:
    """What came of a run: answers by operation and status, and what is wrong with them."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    phases: list[str] = field(default_factory=list)

    def report(self) -> str:
        """Every failure, with a request and its answer."""
        lines = []
        for (phase, check, operation), found in self.failures.items():
            lines.append(f"{phase}, {check}, {operation}: {len(found)} times")
            lines += [f"    {one}" for one in found[:SHOWN]]
        return "\n".join(lines)


def run(
    address: str,
    key: str,
    *,
    examples: int,
    cases: int | None = None,
    left_out: Sequence[str] = (),
    seed: int = 1,
) -> Run:
    """Ask what the document at ``address`` describes, as the holder of ``key``: all operations but
    those whose ids are ``left_out``.

    With ``cases`` about so many of those that the phase `coverage` enumerates for an operation,
    not all: the same ones each time.
    """
    settings: dict[str, Any] = {
        "seed": seed,
        "headers": {"Authorization": f"Bearer {key}"},
        "generation": {
            "max-examples": examples,
            "deterministic": True,
            # No text may hold NUL. It is said once in the description of the document, and tried by
            # tests of its own: every pattern of every text would have to say it.
            "allow-x00": False,
        },
        "checks": {
            # With its reasons, and as checks of our own: see `reasons.py`.
            "positive_data_acceptance": {"enabled": False},
            "negative_data_rejection": {"enabled": False, "expected-statuses": REFUSALS},
        },
        "phases": {"stateful": {"generation": {"max-examples": max(examples // 4, 2)}}},
    }
    config = schemathesis.Config.from_dict(settings)
    schema = schemathesis.openapi.from_url(f"{address}/v1/openapi.json", config=config)
    if left_out:
        schema = schema.exclude(operation_id=list(left_out))
    if cases is not None:
        schema.hook(wire.few(cases))
    found = Run()
    for event in from_schema(schema).execute():
        _note(found, event)
    return found


def _note(found: Run, event: events.EngineEvent) -> None:
    if isinstance(event, events.PhaseFinished):
        if event.status not in (Status.SKIP, Status.ERROR):
            found.phases.append(event.phase.name.value)
    elif isinstance(event, events.NonFatalError):
        phase = event.phase.value if event.phase is not None else ""
        found.failures.setdefault((phase, "error", event.label), []).append(str(event.value))
    elif isinstance(event, events.FatalError):
        raise event.exception
    elif isinstance(event, events.ScenarioFinished):
        _note_answers(found, event.phase.value, event.recorder)


def _note_answers(found: Run, phase: str, recorder: ScenarioRecorder) -> None:
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is not None and case_id in recorder.cases:
            label = recorder.cases[case_id].value.operation.label
            found.answers[label, interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE:
                failure = check.failure_info.failure
                told = f"{failure.title}: {failure.message[:600]}\n{_told(recorder, case_id)}"
                where = (phase, check.name, failure.operation)
                found.failures.setdefault(where, []).append(told)


def _told(recorder: ScenarioRecorder, case_id: str) -> str:
    """A request and its answer."""
    interaction = recorder.interactions[case_id]
    asked, answer = interaction.request, interaction.response
    headers = {
        name: values
        for name, values in asked.headers.items()
        if name in ("If-Match", "Idempotency-Key", "Content-Type", "If-None-Match")
    }
    meta = recorder.cases[case_id].value.meta
    why = (meta.phase.data.description or "") if meta is not None else ""
    body = (asked.body or b"")[:600]
    told = f"      {why}\n      {asked.method} {asked.uri[:600]} {headers} {body!r}"
    if answer is not None:
        told += f"\n      {answer.status_code} {(answer.content or b'')[:600]!r}"
    return told


__all__ = ["Run", "reasons", "run", "wire"]

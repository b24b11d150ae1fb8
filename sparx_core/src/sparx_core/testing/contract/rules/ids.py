"""Rules about ids: those of another tenant, and those that are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparx_core.fields import Related
from sparx_core.ids import uuid7
from sparx_core.read.view import schema_instance
from sparx_core.resources import Kind, Operation
from sparx_core.testing.api import Answer
from sparx_core.testing.contract.bodies import Underivable
from sparx_core.testing.contract.calls import HEADERS, Call, Refusal
from sparx_core.testing.contract.rule import rule
from sparx_core.testing.contract.stage import Stage
from sparx_core.testing.contract.subject import Subject

_NOT_FOUND = (404, "not_found")


@rule("isolated")
def isolated(subject: Subject) -> Iterator[str]:
    """Another tenant's id is answered as one that does not exist.

    Read rows through ctx.get and ctx.find and raise NotFound without a text of your own, so that
    nobody can tell the one from the other; and let references be Related and Reference.
    """
    stage = subject.stage
    refusals = [
        Refusal(stage.other.api, call, "about another tenant's row", _NOT_FOUND, theirs)
        for call in stage.calls
        if (theirs := _row_of(stage, call)) is not None
    ]
    yield from stage.refused(refusals)
    for refusal in refusals:
        yield from _like_nothing(refusal)
    for resource in subject.resources:
        shown = set(stage.other.ids(resource)) & set(stage.home.ids(resource))
        if shown:
            yield f"GET {resource.path} shows rows of another tenant"
    for operation in subject.operations:
        yield from _references(stage, operation)


def _row_of(stage: Stage, call: Call) -> str | None:
    """The id of a row of ``home`` that a call can be about."""
    if not call.has_id or call.resource is None:
        return None
    return next(iter(stage.home.ids(call.resource)), None)


def _like_nothing(refusal: Refusal) -> Iterator[str]:
    """Whether a refusal about another tenant's row is one about no row, to the byte."""
    about, nothing = refusal.send(), replace(refusal, row_id=str(uuid7())).send()
    if about.status == 404 and about.body != nothing.body:
        yield f"{refusal} answers {about.text}, and about none {nothing.text}"


def _references(stage: Stage, operation: Operation) -> Iterator[str]:
    """References in a body to rows of another tenant."""
    if operation.kind is not Kind.CREATE or operation.body is None:
        return
    for field in schema_instance(operation.body).load_fields.values():
        if not isinstance(field, Related):
            continue
        try:
            theirs = stage.home.first(field.resource)
            body = next(stage.other.bodies(operation))
        except Underivable:
            continue
        answers = [
            stage.other.api.post(
                operation.path,
                {**body, str(field.data_key): one},
                headers=HEADERS,
            )
            for one in (theirs, str(uuid7()))
        ]
        yield from _told(operation, str(field.data_key), answers)


def _told(operation: Operation, name: str, answers: list[Answer]) -> Iterator[str]:
    what = f"{operation.method} {operation.path} with another tenant's {name}"
    about, nothing = answers
    if about.status != 422:
        yield f"{what} is answered with {about.status}, not 422"
    elif about.body != nothing.body:
        yield f"{what} answers {about.text}, and with none {nothing.text}"


@rule("malformed_ids")
def malformed_ids(subject: Subject) -> Iterator[str]:
    """An id that is none is answered with 404.

    Declared operations on {id} do. Where you read an id yourself, take anything that is no UUID
    for an id that does not exist, and raise NotFound.
    """
    stage = subject.stage
    yield from stage.refused(
        [
            Refusal(stage.home.api, call, f"about {text!r}", _NOT_FOUND, text)
            for call in stage.calls
            if call.has_id
            for text in ("1", "not-an-id", f"{uuid7()}0")
        ]
    )

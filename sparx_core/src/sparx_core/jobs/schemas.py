"""A job on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_core.fields import Choice, Document, Flag, Id, Text, Timestamp, WholeNumber
from sparx_core.jobs.models import STATES
from sparx_core.schemas import ObjectSchema, ResourceSchema

_BIGGEST = 2**63 - 1


def _count(told: str, example: int) -> WholeNumber:
    """How far a job is, which is recorded nowhere else: it changes with every step."""
    told_of = {"description": told, "example": example, "audited": False}
    return WholeNumber(0, _BIGGEST, dump_only=True, metadata=told_of)


class JobSchema(ResourceSchema):
    """An import, an export, the undoing of an import, a replay of events, or what a module does in
    many parts. A worker does it in
    many short transactions; an import ends as `succeeded` even if rows of it were refused, which it
    counts. The rows of a replay are events, and it succeeds with deliveries.
    """

    kind = fields.String(
        dump_only=True,
        metadata={
            "description": "`import`, `export`, `undo`, `replay`, or one of a module.",
            "example": "import",
        },
    )
    resource = fields.String(dump_only=True, metadata={"example": "crm.customers"})
    state = Choice(*STATES, dump_only=True)
    format = fields.String(
        dump_only=True,
        metadata={"description": "Of its file; empty for one without.", "example": "csv"},
    )
    dry_run = Flag(dump_only=True, metadata={"description": "It checks, and writes nothing."})
    options = Document(dump_only=True, metadata={"example": {"mode": "create"}})
    rows_processed = _count("Rows that were read so far.", 2)
    rows_succeeded = _count("Rows that were written, or would have been.", 2)
    rows_failed = _count("Rows that were refused; `errors` lists them.", 0)
    bytes_processed = _count("How much of the file is done.", 57)
    bytes_total = _count("The size of the file that was sent or made.", 57)
    error = Document(
        dump_only=True, allow_none=True, metadata={"description": "Why it failed.", "example": None}
    )
    actor = Text(dump_only=True, metadata={"description": "Who started it."})
    undoes = Id(dump_only=True, allow_none=True)
    undone_by = Id(dump_only=True, allow_none=True)
    started_at = Timestamp(dump_only=True, allow_none=True)
    finished_at = Timestamp(dump_only=True, allow_none=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class JobErrorSchema(ObjectSchema):
    """What is wrong with a row."""

    line = _count("Where the row begins in the file, from 1; 0 for a row that has no line.", 3)
    field = fields.String(dump_only=True, metadata={"example": "email"})
    code = fields.String(dump_only=True, metadata={"example": "validation_error"})
    message = fields.String(dump_only=True, metadata={"example": "Must not be blank."})
    row_id = Id(dump_only=True, allow_none=True)

"""Jobs, what they were sent and what they made, row by row."""

from __future__ import annotations

from peewee import BigIntegerField, BlobField, BooleanField, IntegerField, TextField, UUIDField

from sparx_core.db.fields import (
    JsonField,
    JsonTextField,
    Reference,
    TimestampField,
    check,
    default,
)
from sparx_core.db.models import TenantModel

KINDS = IMPORT, EXPORT, UNDO, REPLAY = "import", "export", "undo", "replay"
#: ``receiving``: the file of an import is still on its way.
STATES = RECEIVING, QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED, UNDONE = (
    "receiving",
    "queued",
    "running",
    "succeeded",
    "failed",
    "cancelled",
    "undone",
)
#: What a chunk is part of: the file that was sent, or the one that is made.
SENT, MADE = "sent", "made"


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Job(TenantModel):
    """A job. ``options`` are what its client chose, ``cursor`` is how far it is, for the next step.

    ``module`` is that of the ``resource`` it works on; ``undoes`` is the import that an undo
    undoes, and ``undone_by`` the undo of an import.
    """

    #: One of ``KINDS``, or of a module: ``cms.migration``.
    kind = TextField(constraints=[check(r"kind ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$'")])
    resource = TextField()
    module = TextField()
    state = TextField(constraints=[check(_one_of("state", STATES))])
    format = TextField()
    dry_run = BooleanField(default=False, constraints=[default("false")])
    options = JsonField(default=dict, constraints=[default("'{}'")])
    cursor = JsonField(default=dict, constraints=[default("'{}'")])
    rows_processed = BigIntegerField(default=0, constraints=[default("0")])
    rows_succeeded = BigIntegerField(default=0, constraints=[default("0")])
    rows_failed = BigIntegerField(default=0, constraints=[default("0")])
    bytes_processed = BigIntegerField(default=0, constraints=[default("0")])
    #: Of the file that was sent, or of the one that was made.
    bytes_total = BigIntegerField(default=0, constraints=[default("0")])
    chunks = IntegerField(default=0, constraints=[default("0")])
    error = JsonField(null=True)
    actor = TextField()
    key = UUIDField(null=True, column_name="key_id")
    key_name = TextField(constraints=[default("''")])
    undoes = UUIDField(null=True)
    undone_by = UUIDField(null=True)
    started_at = TimestampField(null=True)
    finished_at = TimestampField(null=True)

    class Meta:
        schema = "core"
        table_name = "jobs"
        owner_access = True


class JobChunk(TenantModel):
    """A piece of a file, small enough to be in memory."""

    job = Reference("core.jobs", on_delete="CASCADE")
    part = TextField(constraints=[check(_one_of("part", (SENT, MADE)))])
    position = IntegerField()
    data = BlobField()

    class Meta:
        schema = "core"
        table_name = "job_chunks"
        indexes = ((("job", "part", "position"), True),)
        owner_access = True


class JobError(TenantModel):
    """What is wrong with a row of an import, or could not be undone. ``sent`` is the row as it
    was sent, in the first error of a row; ``line`` where it begins.
    """

    job = Reference("core.jobs", on_delete="CASCADE")
    line = BigIntegerField()
    #: Of several errors of one row.
    place = IntegerField()
    field = TextField()
    code = TextField()
    message = TextField()
    row_id = UUIDField(null=True)
    sent = TextField(null=True)

    class Meta:
        schema = "core"
        table_name = "job_errors"
        indexes = ((("job", "line", "place"), True),)
        owner_access = True


class JobRow(TenantModel):
    """A row that an import wrote: what it was before, and its version after. ``step`` is the
    transaction that wrote it first.
    """

    job = Reference("core.jobs", on_delete="CASCADE")
    step = IntegerField()
    row_id = UUIDField()
    created = BooleanField()
    before = JsonTextField(null=True)
    after_version = IntegerField()

    class Meta:
        schema = "core"
        table_name = "job_rows"
        indexes = ((("job", "row_id"), True), (("job", "step"), False))
        owner_access = True

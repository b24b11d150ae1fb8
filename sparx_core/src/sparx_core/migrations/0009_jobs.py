"""Jobs: imports, exports and the undoing of imports."""

from typing import Any

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    Database,
    IntegerField,
    TextField,
    UUIDField,
)

from sparx_core.db.fields import (
    JsonField,
    JsonTextField,
    Reference,
    TimestampField,
    check,
    default,
)
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables

_STATES = (
    "state IN ('receiving', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'undone')"
)


class Job(TenantModel):
    kind = TextField(constraints=[check("kind IN ('import', 'export', 'undo')")])
    resource = TextField()
    module = TextField()
    state = TextField(constraints=[check(_STATES)])
    format = TextField()
    dry_run = BooleanField(constraints=[default("false")])
    options = JsonField(constraints=[default("'{}'")])
    cursor = JsonField(constraints=[default("'{}'")])
    rows_processed = BigIntegerField(constraints=[default("0")])
    rows_succeeded = BigIntegerField(constraints=[default("0")])
    rows_failed = BigIntegerField(constraints=[default("0")])
    bytes_processed = BigIntegerField(constraints=[default("0")])
    bytes_total = BigIntegerField(constraints=[default("0")])
    chunks = IntegerField(constraints=[default("0")])
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


class JobChunk(TenantModel):
    job = Reference("core.jobs", on_delete="CASCADE")
    part = TextField(constraints=[check("part IN ('sent', 'made')")])
    position = IntegerField()
    data = BlobField()

    class Meta:
        schema = "core"
        table_name = "job_chunks"
        indexes = ((("job", "part", "position"), True),)


class JobError(TenantModel):
    job = Reference("core.jobs", on_delete="CASCADE")
    line = BigIntegerField()
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


class JobRow(TenantModel):
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


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Job, JobChunk, JobError, JobRow])

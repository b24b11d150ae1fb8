"""A step of the undoing of an import: rows that it created go, rows that it changed are again as
they were; rows that somebody changed since are left, and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from peewee import IntegrityError, OperationalError

from sparx_core.context import Context
from sparx_core.db.models import TenantModel, table_of
from sparx_core.errors import ApiError, Conflict
from sparx_core.ids import uuid7
from sparx_core.jobs.models import Job, JobError
from sparx_core.jobs.steps import Progress
from sparx_core.resources import Kind, Resource
from sparx_core.violations import explain
from sparx_core.write import fields_of

_SERVER = 500
_STEP = """
SELECT row_id, created, after_version, max(step) OVER () FROM core.job_rows
 WHERE job_id = %s AND step = (SELECT max(step) FROM core.job_rows WHERE job_id = %s AND step < %s)
"""
# Raw SQL: the values go from JSON into the columns without passing through Python.
_RESTORE = """
UPDATE {table} t SET {columns}, version = t.version + 1, updated_at = now()
  FROM core.job_rows j, json_populate_record(NULL::{table}, j.before) p
 WHERE j.job_id = %s AND j.row_id = ANY(%s::uuid[]) AND t.id = j.row_id
"""
#: What is not as it was: the version goes on, so that nobody takes the row for one that he read.
_KEPT = ("tenant_id", "id", "created_at", "updated_at", "version")
_LATEST = 2**31 - 1


@dataclass(frozen=True)
class Written:
    """A row that the import wrote."""

    id: UUID
    created: bool
    version: int


def undo_step(ctx: Context, job: Job) -> Progress:
    """Undo what one step of the import wrote, the last one first."""
    database = ctx.transaction.database
    undone, before = str(job.undoes), int(job.cursor.get("step", _LATEST))
    found = database.execute_sql(_STEP, (undone, undone, before)).fetchall()
    if not found:
        return Progress(done=True)
    rows = [Written(*one[:3]) for one in found]
    resource = ctx.registry.resources[str(job.resource)]
    left = Undoing(ctx, job, resource).undo(rows)
    processed = int(job.rows_processed)
    ctx.insert_all(
        JobError(id=uuid7(), job=job.id, line=0, place=processed + place, field="",
                 code=error.code, message=error.text, row_id=row.id)
        for place, (row, error) in enumerate(left)
    )  # fmt: skip
    return Progress(
        processed=len(rows),
        succeeded=len(rows) - len(left),
        failed=len(left),
        changes={"cursor": {"step": int(found[0][3])}},
    )


class Undoing:
    """Puts rows back, all at once as long as nothing is in the way, and otherwise in parts."""

    def __init__(self, ctx: Context, job: Job, resource: Resource) -> None:
        self.ctx, self.job, self.resource = ctx, job, resource

    def undo(self, rows: Sequence[Written]) -> list[tuple[Written, ApiError]]:
        """The rows that were left, with the reason."""
        left: list[tuple[Written, ApiError]] = []
        waiting = [list(rows)]
        while waiting:
            part = waiting.pop()
            try:
                left += self.ctx.transaction.attempt(partial(self._undo, part))
            except ApiError as error:
                self.ctx.forget_all()
                if error.status >= _SERVER:
                    raise
                if len(part) == 1:
                    left.append((part[0], error))
                else:
                    half = len(part) // 2
                    waiting += [part[half:], part[:half]]
        return left

    def _undo(self, rows: Sequence[Written]) -> list[tuple[Written, ApiError]]:
        present = self._locked([row.id for row in rows])
        left: list[tuple[Written, ApiError]] = []
        changed: list[UUID] = []
        for row in rows:
            now = present.get(row.id)
            if now is None:
                if not row.created:
                    left.append((row, Conflict("The row was deleted since.")))
            elif now.version != row.version:
                left.append((row, Conflict("The row was changed since.")))
            elif row.created:
                self.ctx.purge(now)
                self._tell(Kind.DELETE, now)
            else:
                changed.append(row.id)
        self.ctx.flush()
        if changed:
            self._restore(changed)
            for now in self._locked(changed).values():
                self._tell(Kind.UPDATE, now)
        self.ctx.finish()
        return left

    def _tell(self, verb: Kind, row: TenantModel) -> None:
        operation = self.resource.operations.get(verb)
        for event in operation.emits if operation is not None else ():
            if event.resource == self.resource.key:
                self.ctx.emit(event(row))

    def _restore(self, ids: Sequence[UUID]) -> None:
        names = [
            one.column_name for name, one in fields_of(self.resource.model).items()
            if name not in _KEPT
        ]  # fmt: skip
        columns = ", ".join(f'"{name}" = p."{name}"' for name in names)
        statement = _RESTORE.format(table=table_of(self.resource.model), columns=columns)
        parameters = (str(self.job.undoes), [str(one) for one in ids])
        try:
            self.ctx.transaction.database.execute_sql(statement, parameters)
        except (IntegrityError, OperationalError) as error:
            explained = explain(error, self.ctx.registry.constraints, [])
            if explained is None:
                raise
            raise explained from None

    def _locked(self, ids: Sequence[UUID]) -> dict[UUID, TenantModel]:
        return {row.id: row for row in self.ctx.lock(self.resource.model, "id", ids)}

"""The journal of an import: what each row was before, kept as JSON that PostgreSQL writes and
reads, so that every value comes back exactly as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sparx_core.context import Context
from sparx_core.db.models import TenantModel, table_of
from sparx_core.jobs.models import Job
from sparx_core.resources import Resource

# Raw SQL: a row as JSON never passes through Python. The table is that of a declared model.
_BEFORE = """
INSERT INTO core.job_rows (id, job_id, step, row_id, created, before, after_version)
SELECT gen_random_uuid(), %s, %s, t.id, false, row_to_json(t), t.version
  FROM {table} t WHERE t.id = ANY(%s::uuid[])
    ON CONFLICT (tenant_id, job_id, row_id) DO NOTHING
"""
_CREATED = """
INSERT INTO core.job_rows (id, job_id, step, row_id, created, after_version)
SELECT gen_random_uuid(), %s, %s, t.id, true, t.version
  FROM {table} t WHERE t.id = ANY(%s::uuid[])
    ON CONFLICT (tenant_id, job_id, row_id) DO NOTHING
"""
_CHANGED = """
UPDATE core.job_rows j SET after_version = t.version
  FROM {table} t WHERE j.job_id = %s AND j.row_id = ANY(%s::uuid[]) AND t.id = j.row_id
"""
_UNCHANGED = """
DELETE FROM core.job_rows j WHERE j.job_id = %s AND j.step = %s AND NOT j.created
   AND (j.before ->> 'version')::integer = j.after_version
"""


class JobJournal:
    """Notes the rows that one step of an import writes."""

    def __init__(self, ctx: Context, job: Job, resource: Resource, step: int) -> None:
        self.database, self.table = ctx.transaction.database, table_of(resource.model)
        self.job, self.step = str(job.id), step

    def before(self, rows: Sequence[TenantModel]) -> None:
        """Rows that are about to be changed, and are locked."""
        self._run(_BEFORE, self.job, self.step, [str(row.id) for row in rows])

    def after(self, created: Sequence[UUID], changed: Sequence[UUID]) -> None:
        """Rows that were written; those that an update left as they were are forgotten."""
        if created:
            self._run(_CREATED, self.job, self.step, [str(one) for one in created])
        if changed:
            self._run(_CHANGED, self.job, [str(one) for one in changed])
        self._run(_UNCHANGED, self.job, self.step)

    def _run(self, statement: str, *parameters: object) -> None:
        self.database.execute_sql(statement.format(table=self.table), parameters)

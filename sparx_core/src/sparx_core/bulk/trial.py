"""Dry runs: rows are written and rolled back, some hundred at a time. What one step wrote is not
there for the next one, so that the unique values of new rows are noted, each as a hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sparx_core.bulk.items import Item, Outcome, refused
from sparx_core.bulk.run import Run
from sparx_core.context import Context
from sparx_core.db.models import table_of
from sparx_core.db.tables import indexes_of
from sparx_core.jobs.models import Job
from sparx_core.pointers import problem
from sparx_core.schemas import camel

# Raw SQL: hashes of whole keys; a row with a NULL in a key has no such key.
_KEYS = """
SELECT t.id, md5(%s || ROW({columns})::text)::uuid FROM {table} t
 WHERE t.id = ANY(%s::uuid[]) AND num_nulls({columns}) = 0
"""
_NOTE = """
INSERT INTO core.job_rows (id, job_id, step, row_id, created, after_version)
SELECT gen_random_uuid(), %s, 0, k, true, 0 FROM unnest(%s::uuid[]) k
    ON CONFLICT (tenant_id, job_id, row_id) DO NOTHING RETURNING row_id
"""


class NotWritten(Exception):
    """Ends the savepoint of a dry run."""


@dataclass
class Trial:
    """What a dry run found: outcomes, and the unique keys that its rows would have."""

    ctx: Context
    job: Job
    run: Run
    unique: bool
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    keys: list[tuple[UUID, UUID, tuple[str, ...]]] = field(default_factory=list)

    def try_out(self, items: Sequence[Item]) -> dict[int, Outcome]:
        """What would become of the rows. ``unique``: they are new ones, all of them."""
        try:
            self.ctx.transaction.attempt(partial(self._write, items))
        except NotWritten:
            self.ctx.forget_all()
        self._refuse_taken()
        return self.outcomes

    def _write(self, items: Sequence[Item]) -> None:
        self.outcomes = self.run.carry_out(items)
        written = [str(one.id) for one in self.outcomes.values() if one.id is not None]
        model = self.run.resource.model
        for name, columns, unique in indexes_of(model) if self.unique and written else ():
            if unique:
                listed = ", ".join(f'"{column}"' for column in columns[1:])
                statement = _KEYS.format(columns=listed, table=table_of(model))
                found = self.ctx.transaction.database.execute_sql(statement, (name, written))
                fields = tuple(camel(column) for column in columns[1:])
                self.keys += [(row, key, fields) for row, key in found.fetchall()]
        raise NotWritten

    def _refuse_taken(self) -> None:
        if not self.keys:
            return
        given = (str(self.job.id), [str(key) for _, key, _ in self.keys])
        new = {row for (row,) in self.ctx.transaction.database.execute_sql(_NOTE, given).fetchall()}
        taken = {row: fields for row, key, fields in self.keys if key not in new}
        for index, outcome in list(self.outcomes.items()):
            fields = taken.get(outcome.id) if outcome.id is not None else None
            if fields is not None:
                details = [problem(name, "Already taken.") for name in fields]
                told = f"An earlier row has the same {', '.join(fields)}."
                conflict = self.run.resource.model._meta.conflict  # type: ignore[attr-defined]
                self.outcomes[index] = refused(index, conflict(told, details=details))

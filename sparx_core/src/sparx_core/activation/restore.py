"""Putting the archived rows of a module back into its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from peewee import Database, DataError, IntegrityError, ProgrammingError

from sparx_core.activation.archive import Report, more_time
from sparx_core.activation.chunks import (
    Chunk,
    Row,
    as_text,
    delete_chunk,
    list_chunks,
    read_rows,
    read_text,
    replace_chunk,
)
from sparx_core.activation.errors import ModuleStuck
from sparx_core.activation.fates import Fates, absent, settle, values_of
from sparx_core.activation.layout import Layout, Table, quoted

#: Looks at rows that wait for rows of their own table, before the rest goes in at once.
MAX_LOOKS = 16


@dataclass
class Restored:
    """How a restoring went. ``held`` rows are in the archive still; ``dropped`` ones went with the
    rows they referred to, as ``cleared`` references did; ``columns`` are those that are gone."""

    rows: int = 0
    cleared: int = 0
    dropped: int = 0
    held: int = 0
    columns: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def restore_rows(database: Database, module: str, layout: Layout, report: Report) -> Restored:
    """Put a module's archived rows back, those that others refer to first.

    What was held back by an earlier restoring is tried again, after the rest is there.
    """
    result = Restored()
    chunks = list_chunks(database, module)
    for chunk in chunks:
        _check(layout, chunk, result)
    for alone in (False, True):
        some = [chunk for chunk in chunks if chunk.held is alone]
        if some:
            _Round(database, layout, some, result, report).restore(alone=alone)
    return result


class _Round:
    """The restoring of some chunks."""

    def __init__(
        self,
        database: Database,
        layout: Layout,
        chunks: Sequence[Chunk],
        result: Restored,
        report: Report,
    ) -> None:
        self.database, self.layout, self.chunks = database, layout, chunks
        self.result, self.report = result, report
        self.fates = Fates()

    def restore(self, *, alone: bool) -> None:
        self.fates = settle(self.database, self.layout, self.chunks, alone=alone)
        for group in self.layout.groups:
            chunks = [chunk for chunk in self.chunks if chunk.table in group]
            if self.layout.is_tied(group):
                self._restore_tied(group, chunks)
            else:
                for chunk in chunks:
                    self._insert(chunk, self._text(chunk))
        for chunk in self.chunks:
            self._clean_up(chunk)
        self.result.cleared += self.fates.cleared
        self.result.dropped += sum(map(len, self.fates.dropped.values()))

    def _text(self, chunk: Chunk) -> str:
        """The rows of a chunk to restore, unread if all of them are, and as they are."""
        if any(self.fates.gone.values()):
            return as_text(self._rows(chunk))
        return read_text(self.database, chunk)

    def _rows(self, chunk: Chunk) -> list[Row]:
        return self.fates.sort(self.layout.tables[chunk.table], read_rows(self.database, chunk))[0]

    def _insert(self, chunk: Chunk, rows: str) -> None:
        table = self.layout.tables[chunk.table]
        with _told(table.name, chunk.release):
            inserted = self.database.execute_sql(_insert(table, chunk.columns), (rows,)).rowcount
        self.result.rows += inserted
        self.report(self.result.rows)

    def _restore_tied(self, group: Sequence[str], chunks: Sequence[Chunk]) -> None:
        """Insert rows as soon as those that they refer to are there; what is left, at once."""
        left: dict[Chunk, set[str] | None] = dict.fromkeys(chunks)
        for _ in range(MAX_LOOKS):
            before = self.result.rows
            for chunk, ids in list(left.items()):
                rows = [row for row in self._rows(chunk) if _is_left(row, ids)]
                ready = self._ready(group, chunk, rows)
                if ready:
                    self._insert(chunk, as_text(ready.values()))
                waiting = {str(row["id"]) for row in rows} - ready.keys()
                left[chunk] = waiting
                if not waiting:
                    del left[chunk]
            if not left or self.result.rows == before:
                break
        if left:
            self._insert_at_once(left)

    def _ready(self, group: Sequence[str], chunk: Chunk, rows: list[Row]) -> dict[str, Row]:
        """Those rows, by id, whose references lead to rows that are there, or to one another."""
        table = self.layout.tables[chunk.table]
        ready = {str(row["id"]): row for row in rows}
        missing = []
        for link in table.links_into(group):
            wanted = {one for row in rows if (one := values_of(row, link.columns)) is not None}
            missing.append((link, absent(self.database, link, wanted)))
        while True:
            own = {
                link.keys: {values_of(row, link.keys) for row in ready.values()}
                for link, _ in missing
                if link.target == table.name
            }
            unready = [
                row_id
                for row_id, row in ready.items()
                if any(
                    (one := values_of(row, link.columns)) in gone
                    and not (link.target == table.name and one in own[link.keys])
                    for link, gone in missing
                )
            ]
            if not unready:
                return ready
            for row_id in unready:
                del ready[row_id]

    def _insert_at_once(self, left: dict[Chunk, set[str] | None]) -> None:
        """Rows that refer to one another in a circle: the check comes after the statement."""
        parts, rows = [], []
        for number, (chunk, ids) in enumerate(left.items()):
            table = self.layout.tables[chunk.table]
            parts.append(f"i{number} AS ({_insert(table, chunk.columns)} RETURNING 1)")
            some = [row for row in self._rows(chunk) if _is_left(row, ids)]
            rows.append(as_text(some))
        total = " + ".join(f"(SELECT count(*) FROM i{number})" for number in range(len(left)))
        first = next(iter(left))
        with more_time(self.database), _told(first.table, first.release):
            found = self.database.execute_sql(f"WITH {', '.join(parts)} SELECT {total}", rows)
            self.result.rows += found.fetchone()[0]
        self.report(self.result.rows)

    def _clean_up(self, chunk: Chunk) -> None:
        """Leave in the archive what has to wait there."""
        if not self.fates.held.get(chunk.table):
            delete_chunk(self.database, chunk)
            return
        ids = self.fates.held[chunk.table]
        held = [row for row in read_rows(self.database, chunk) if str(row["id"]) in ids]
        self.result.held += len(held)
        replace_chunk(self.database, chunk, chunk.release, held, held=True)


def _check(layout: Layout, chunk: Chunk, result: Restored) -> None:
    """Refuse, before anything is written, what cannot be restored."""
    table = layout.tables.get(chunk.table)
    if table is None:
        raise ModuleStuck(
            f"the table {chunk.table} is gone, and version {chunk.release} archived rows of it:"
            " install that version again, or deactivate the module with purge"
        )
    needed = [
        name
        for name, column in table.columns.items()
        if column.needed and name not in chunk.columns
    ]
    if needed:
        raise ModuleStuck(
            f"{chunk.table}.{needed[0]} must have a value, and rows that version {chunk.release}"
            " archived have none: give the column a default, or implement sparx_restore"
        )
    for name in chunk.columns:
        lost = f"{chunk.table}.{name}"
        if name not in table.columns and lost not in result.columns:
            result.columns.append(lost)


def _insert(table: Table, archived: Iterable[str]) -> str:
    columns = [table.columns[name] for name in archived if name in table.columns]
    names = ", ".join(quoted(one.name) for one in columns)
    values = ", ".join(f"r.{quoted(one.name)}::{one.type}" for one in columns)
    typed = ", ".join(f"{quoted(one.name)} text" for one in columns)
    return (
        f"INSERT INTO {table.name} ({names}) OVERRIDING SYSTEM VALUE"
        f" SELECT {values} FROM json_to_recordset(%s) AS r({typed})"
    )


@contextmanager
def _told(table: str, release: str) -> Iterator[None]:
    """Say of which rows it is that PostgreSQL refuses them, and why."""
    try:
        yield
    except (DataError, IntegrityError, ProgrammingError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModuleStuck(
            f"rows of {table} that version {release} archived do not fit: {reason}"
        ) from error


def _is_left(row: Row, ids: set[str] | None) -> bool:
    return ids is None or str(row["id"]) in ids

"""Taking the rows of a module out of its tables, into the archive or for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from peewee import Database

from sparx_core.activation.chunks import CHUNK_BYTES, CHUNK_ROWS, Packer, store_chunk
from sparx_core.activation.errors import ModuleStuck, NotYet
from sparx_core.activation.layout import Layout, Table, quoted

#: Told how many rows are done.
Report = Callable[[int], None]

#: Rows read at once: fewer if they are large.
FETCH_ROWS = 200
#: For statements that cannot be made smaller, such as the one that takes all rows of a table that
#: refers to itself.
AT_ONCE_TIMEOUT = "10min"

#: How values are written as text, and read again, whatever the session's settings are.
_FORMS = (
    "SELECT set_config(name, value, true) FROM (VALUES ('datestyle', 'ISO, YMD'),"
    " ('intervalstyle', 'postgres'), ('timezone', 'UTC'), ('extra_float_digits', '1'),"
    " ('bytea_output', 'hex')) AS settings(name, value)"
)
_OWN = "tenant_id = core.tenant_id()"


def fix_forms(database: Database) -> None:
    """Until the end of the transaction, write and read values in the forms of the archive."""
    database.execute_sql(_FORMS)


@contextmanager
def more_time(database: Database) -> Iterator[None]:
    """A longer deadline for the statements inside."""
    (usual,) = database.execute_sql("SELECT current_setting('statement_timeout')").fetchone()
    change = "SELECT set_config('statement_timeout', %s, true)"
    database.execute_sql(change, (AT_ONCE_TIMEOUT,))
    yield
    database.execute_sql(change, (usual,))


def has_rows(database: Database, tables: Sequence[str]) -> bool:
    """Whether the tenant has any row in these tables."""
    if not tables:
        return False
    parts = " OR ".join(f"EXISTS (SELECT FROM {name} WHERE {_OWN})" for name in tables)
    return bool(database.execute_sql(f"SELECT {parts}").fetchone()[0])


def count_rows(database: Database, layout: Layout) -> int:
    """How many rows the tenant has in these tables."""
    with more_time(database):
        return sum(
            database.execute_sql(f"SELECT count(*) FROM {name} WHERE {_OWN}").fetchone()[0]
            for name in layout.tables
        )


def archive_rows(
    database: Database, module: str, release: str, layout: Layout, report: Report
) -> None:
    """Move the tenant's rows into the archive, those that refer to others first.

    Rows are locked as they are read. ``NotYet`` if more or fewer were there to delete: then
    somebody who is no request wrote meanwhile.
    """
    done = 0
    for group in reversed(layout.groups):
        tied = layout.is_tied(group)
        stored = 0
        for name in group:
            table = layout.tables[name]
            for rows in _read(database, table):
                store_chunk(database, module, release, name, list(table.columns), rows)
                if not tied and _delete(database, name, rows.ids) != len(rows.ids):
                    raise NotYet(f"rows of {name} changed while they were archived")
                stored += len(rows.ids)
                report(done + stored)
        if tied and _delete_at_once(database, group) != stored:
            raise NotYet(f"rows of {', '.join(group)} changed while they were archived")
        done += stored
    _nothing_left(database, layout)


def purge_rows(database: Database, layout: Layout, report: Report) -> None:
    """Delete the tenant's rows."""
    done = 0
    for group in reversed(layout.groups):
        if layout.is_tied(group):
            done += _delete_at_once(database, group)
            report(done)
            continue
        for ids in _ids(database, group[0]):
            done += _delete(database, group[0], ids)
            report(done)
    _nothing_left(database, layout)


def _read(database: Database, table: Table) -> Iterator[Packer]:
    """The tenant's rows of a table, a chunk at a time, in the order of their ids."""
    texts = ", ".join(f"t.{quoted(one)}::text AS {quoted(one)}" for one in table.columns)
    # row_to_json of a row of texts: json would lose the spaces around a value, and numeric 1.50
    # is no number that every reader of JSON keeps.
    database.execute_sql(
        "DECLARE archived NO SCROLL CURSOR FOR"
        f" SELECT t.id, (SELECT row_to_json(r) FROM (SELECT {texts}) r)::text"
        f" FROM {table.name} t WHERE t.{_OWN} ORDER BY t.id FOR UPDATE OF t",
        (),
    )
    packer, largest = Packer(), CHUNK_BYTES // FETCH_ROWS
    while True:
        size = max(1, min(FETCH_ROWS, CHUNK_BYTES // largest))
        found = database.execute_sql(f"FETCH {size} FROM archived").fetchall()
        for row_id, text in found:
            largest = max(largest, len(text))
            packer.add(row_id, text)
            if packer.is_full:
                yield packer
                packer = Packer()
        if not found:
            break
    database.execute_sql("CLOSE archived")
    if packer.ids:
        yield packer


def _ids(database: Database, table: str) -> Iterator[list[str]]:
    """The ids of the tenant's rows, a chunk at a time; each looks behind what was deleted."""
    some = f"SELECT id::text FROM {table} WHERE {_OWN} AND id"
    beyond, last = ">=", str(UUID(int=0))
    while found := database.execute_sql(
        f"{some} {beyond} %s::uuid ORDER BY id LIMIT {CHUNK_ROWS}", (last,)
    ).fetchall():
        ids = [row_id for (row_id,) in found]
        beyond, last = ">", ids[-1]
        yield ids


def _delete(database: Database, table: str, ids: Sequence[str]) -> int:
    statement = f"DELETE FROM {table} WHERE {_OWN} AND id = ANY(%s::uuid[])"
    return int(database.execute_sql(statement, (list(ids),)).rowcount)


def _delete_at_once(database: Database, tables: Sequence[str]) -> int:
    """All rows in one statement: at its end nothing is left that could refer to any of them."""
    parts = ", ".join(
        f"d{number} AS (DELETE FROM {name} WHERE {_OWN} RETURNING 1)"
        for number, name in enumerate(tables)
    )
    total = " + ".join(f"(SELECT count(*) FROM d{number})" for number in range(len(tables)))
    with more_time(database):
        return int(database.execute_sql(f"WITH {parts} SELECT {total}").fetchone()[0])


def _nothing_left(database: Database, layout: Layout) -> None:
    with more_time(database):
        left = has_rows(database, list(layout.tables))
    if left:
        raise ModuleStuck("rows came while they were taken away")

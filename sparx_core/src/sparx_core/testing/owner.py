"""The all-seeing eye of a test: a superuser's connection, to which no policy applies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any
from uuid import UUID

#: The tables of all modules, without those that change on their own account: migration histories
#: and the messages of the queue, which hold no fact.
_TABLES = """
SELECT n.nspname || '.' || c.relname, EXISTS (
           SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'),
       EXISTS (
           SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'last_used_at')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
   AND n.nspname NOT IN ('information_schema', 'public')
   AND c.relname <> 'migrations' AND c.relname !~ '^huey_'
 ORDER BY 1
"""

_FORGET = """
CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; DISCARD TEMP;
DISCARD SEQUENCES; SELECT pg_advisory_unlock_all()
"""

#: PostgreSQL takes a look at all tables for so much work that it starts processes to share it, each
#: of which costs many times what there is to do.
_ALONE = "-c max_parallel_workers_per_gather=0"

_OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"

Fingerprint = dict[str, tuple[int, int | None]]


class Owner:
    """Reads, and where a test has to, changes rows of all tenants.

    Only for assertions and for what no client can do, such as letting time pass: a test that acts
    through it proves nothing about isolation.
    """

    def __init__(self, url: str) -> None:
        import psycopg2
        import psycopg2.extras

        self.connection = psycopg2.connect(url, options=_ALONE)
        self.connection.autocommit = True
        psycopg2.extras.register_uuid(conn_or_curs=self.connection)
        self._prepared: dict[str, str] = {}

    def forget(self) -> None:
        """Be as if just opened: ``DISCARD ALL``, but for the statements that were read."""
        self.connection.autocommit = True
        self.execute(_FORGET)

    def close(self) -> None:
        self.connection.close()

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, or none for a statement that returns none."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql: str, *parameters: Any) -> Any:
        """The one value of a query that answers with one."""
        ((found,),) = self.rows(sql, *parameters)
        return found

    def execute(self, sql: str, *parameters: Any) -> int:
        """Run a statement; the number of rows that it touched."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return int(cursor.rowcount)

    def settle(self, seconds: float = 60.0) -> None:
        """Returns when every transaction is over that is open now, in whatever database of the
        server: what was committed until now is in the feeds. They tell of nothing that an older
        transaction might come before.
        """
        newest = int(self.value("SELECT pg_current_xact_id()::text"))
        deadline = monotonic() + seconds
        while int(self.value(_OLDEST)) <= newest:
            assert monotonic() < deadline, "a transaction goes on and on"
            sleep(0.02)

    def tables(self) -> list[str]:
        """Every table of every module as ``schema.table``."""
        return [name for name, *_ in self.rows(_TABLES)]

    def count(self, table: str, tenant: UUID | None = None) -> int:
        """How many rows a table has, of all tenants or of one."""
        condition = "" if tenant is None else " WHERE tenant_id = %s"
        parameters = () if tenant is None else (tenant,)
        return int(self.value(f"SELECT count(*) FROM {table}{condition}", *parameters))

    def counts(self, tenant: UUID | None = None) -> dict[str, int]:
        """Row counts of every table; with ``tenant``, of those that hold tenants' rows."""
        tables = [name for name, owned, _ in self.rows(_TABLES) if owned or tenant is None]
        return {name: self.count(name, tenant) for name in tables}

    def fingerprint(
        self, tenants: Iterable[UUID], schemas: Collection[str] | None = None
    ) -> Fingerprint:
        """What every table holds: its row count, and a hash of the rows of ``tenants``.

        When a key was last used is left out, because that is noted in its own time. ``schemas``
        are those that are looked at, if not all are.
        """
        parts = []
        for name, owned, used in self.rows(_TABLES):
            if schemas is not None and name.partition(".")[0] not in schemas:
                continue
            # The text of a row is made in half the time of its JSON.
            row = "(to_jsonb(t) - 'last_used_at')::text" if used else "t::text"
            content = (
                f"sum(hashtextextended({row}, 0)::numeric) FILTER (WHERE t.tenant_id = ANY($1))"
                if owned
                else "NULL::numeric"
            )
            parts.append(f"SELECT '{name}', count(*), {content} FROM {name} t")
        prepared = self._prepare("uuid[]", " UNION ALL ".join(parts))
        found = self.rows(f"EXECUTE {prepared}(%s::uuid[])", list(tenants))
        return {
            name: (count, None if content is None else int(content))
            for name, count, content in found
        }

    def _prepare(self, types: str, sql: str) -> str:
        """The name of a statement that PostgreSQL has read once: of a long one that is most of what
        it costs.
        """
        if sql not in self._prepared:
            name = f"owner_{len(self._prepared)}"
            self.rows(f"PREPARE {name}({types}) AS {sql}")
            self._prepared[sql] = name
        return self._prepared[sql]

    @contextmanager
    def nothing_written(self, *tenants: UUID) -> Iterator[None]:
        """Fails unless the block leaves every table as it was.

        No row more or less anywhere, and no change in those of ``tenants``: a counter that went on
        counts as a change.
        """
        before = self.fingerprint(tenants)
        yield
        after = self.fingerprint(tenants)
        changed = sorted(name for name in before if before[name] != after.get(name))
        assert before == after, f"written: {', '.join(changed)}"

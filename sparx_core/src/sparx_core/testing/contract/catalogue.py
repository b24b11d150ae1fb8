"""What PostgreSQL's catalogues say about a module's schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import Database

_COLUMNS = """
SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation <> t.typcollation THEN l.collname::text END,
       a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity <> ''
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
"""
#: Foreign keys and checks by what they say, and unique indexes by their columns: names may differ.
_KEYS = """
SELECT r.relname::text, replace(pg_get_constraintdef(k.oid), %s || '.', '')
  FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid
 WHERE k.connamespace = %s::regnamespace AND k.contype IN ('c', 'f')
UNION
SELECT r.relname::text, 'UNIQUE ' || string_agg(pg_get_indexdef(i.indexrelid, n, true), ', '
       ORDER BY n)
  FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid
 CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) n
 WHERE r.relnamespace = %s::regnamespace AND i.indisunique
 GROUP BY r.relname, i.indexrelid
"""
#: Everything, a line each; of a schema that nothing has changed they are the same.
_LINES = """
SELECT 'table ' || c.oid::regclass || ' ' || c.relrowsecurity || ' ' || c.relforcerowsecurity
       || ' ' || coalesce(c.relacl::text, '')
  FROM pg_class c WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'column ' || a.attrelid::regclass || ' ' || a.attname || ' ' ||
       format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' ||
       coalesce(pg_get_expr(d.adbin, d.adrelid), '')
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT a.attisdropped
UNION ALL
SELECT 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) FROM pg_constraint k
 WHERE k.connamespace = %(schema)s::regnamespace
UNION ALL
SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = %(schema)s::regnamespace
UNION ALL
SELECT 'policy ' || p.polname || ' ' || coalesce(pg_get_expr(p.polqual, p.polrelid), '')
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
   AND c.relnamespace = %(schema)s::regnamespace
UNION ALL
SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = %(schema)s::regnamespace
UNION ALL
SELECT 'function ' || pg_get_functiondef(f.oid) FROM pg_proc f
 WHERE f.pronamespace = %(schema)s::regnamespace AND f.prokind IN ('f', 'p')
"""


@dataclass(frozen=True)
class Column:
    """A column as the catalogue has it; ``default`` is an expression, or None."""

    type: str
    collation: str | None
    filled: bool
    default: str | None
    generated: bool

    def __str__(self) -> str:
        parts = [self.type]
        if self.collation:
            parts.append(f'COLLATE "{self.collation}"')
        if self.filled:
            parts.append("NOT NULL")
        if self.default is not None:
            parts.append(f"DEFAULT {self.default}")
        return " ".join(parts)


@dataclass(frozen=True)
class Table:
    """The columns of a table by name, and its foreign keys, checks and unique indexes as text."""

    columns: dict[str, Column]
    keys: frozenset[str]


def tables_of(database: Database, schema: str) -> dict[str, Table]:
    """The tables of a schema by name, as far as a model says what they are like."""
    columns: dict[str, dict[str, Column]] = {}
    for table, name, *told in _rows(database, _COLUMNS, (schema,)):
        columns.setdefault(table, {})[name] = Column(*told)
    keys: dict[str, set[str]] = {}
    for table, key in _rows(database, _KEYS, (schema, schema, schema)):
        keys.setdefault(table, set()).add(key)
    return {name: Table(found, frozenset(keys.get(name, ()))) for name, found in columns.items()}


def lines_of(database: Database, schema: str) -> frozenset[str]:
    """Whatever there is in a schema, to compare before and after."""
    rows = _rows(database, _LINES, {"schema": schema})
    return frozenset(line for (line,) in rows)


def _rows(database: Database, sql: str, parameters: Any) -> list[Any]:
    found: list[Any] = database.execute_sql(sql, parameters).fetchall()
    return found

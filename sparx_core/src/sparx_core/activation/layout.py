"""The tables of a module as they are in the database: columns, references, and their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from peewee import Database

#: Types by their full names, which say nothing of lengths: "character" alone would mean one letter.
_TYPE = "format('%%I.%%I', n.nspname, y.typname)"
_COLUMNS = f"""
SELECT t.name, a.attname::text, {_TYPE}, a.attnotnull,
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
  FROM unnest(%s::text[]) AS t(name)
  JOIN pg_attribute a ON a.attrelid = to_regclass(t.name) AND a.attnum > 0
   AND NOT a.attisdropped AND a.attgenerated = ''
  JOIN pg_type y ON y.oid = a.atttypid JOIN pg_namespace n ON n.oid = y.typnamespace
 ORDER BY 1, a.attnum
"""
_LINKS = f"""
SELECT t.name, s.nspname || '.' || c.relname, k.confdeltype::text,
       array_agg(here.attname::text ORDER BY u.position),
       array_agg(there.attname::text ORDER BY u.position),
       array_agg({_TYPE} ORDER BY u.position),
       coalesce(array_agg(here.attname::text) FILTER (WHERE k.confdelsetcols IS NULL
                OR here.attnum = ANY (k.confdelsetcols)), '{{}}')
  FROM unnest(%s::text[]) AS t(name)
  JOIN pg_constraint k ON k.conrelid = to_regclass(t.name) AND k.contype = 'f'
  JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace s ON s.oid = c.relnamespace
 CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(here, there, position)
  JOIN pg_attribute here ON here.attrelid = k.conrelid AND here.attnum = u.here
  JOIN pg_attribute there ON there.attrelid = k.confrelid AND there.attnum = u.there
  JOIN pg_type y ON y.oid = there.atttypid JOIN pg_namespace n ON n.oid = y.typnamespace
 WHERE here.attname <> 'tenant_id'
 GROUP BY t.name, k.oid, 2, 3 ORDER BY t.name, k.oid
"""
#: Schemas, which are modules, whose tables refer to these: what they refer to cannot go first.
_REFERRING = """
SELECT DISTINCT s.nspname::text
  FROM unnest(%s::text[]) AS t(name)
  JOIN pg_constraint k ON k.confrelid = to_regclass(t.name) AND k.contype = 'f'
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace s ON s.oid = c.relnamespace
 WHERE s.nspname <> %s
"""
#: Tables whose rows may not be taken away, or not be put back.
_FIXED = """
SELECT t.name FROM unnest(%s::text[]) AS t(name)
 WHERE NOT (SELECT bool_and(has_table_privilege(to_regclass(t.name), p))
              FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p)
"""


@dataclass(frozen=True)
class Column:
    """A column that is written. ``type`` has no length; ``needed``: a row has to bring a value."""

    name: str
    type: str
    filled: bool
    needed: bool


@dataclass(frozen=True)
class Link:
    """A foreign key without ``tenant_id``. ``clears``: what is set to null when the target goes."""

    columns: tuple[str, ...]
    target: str
    keys: tuple[str, ...]
    types: tuple[str, ...]
    cascades: bool
    clears: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """``name`` is ``schema.table``."""

    name: str
    columns: dict[str, Column]
    links: tuple[Link, ...]

    def links_into(self, group: Sequence[str]) -> list[Link]:
        return [link for link in self.links if link.target in group]


@dataclass(frozen=True)
class Layout:
    """``groups`` are tables that refer to one another, most of one table; referenced ones first."""

    tables: dict[str, Table]
    groups: list[tuple[str, ...]]

    def is_tied(self, group: Sequence[str]) -> bool:
        """Whether rows of these tables may need rows of the same tables."""
        return any(self.tables[name].links_into(group) for name in group)


def layout_of(database: Database, names: Sequence[str]) -> Layout:
    """The layout of tables ``schema.table`` as it is now; those that are not there are left out."""
    wanted = (list(names),)
    columns: dict[str, dict[str, Column]] = {}
    for table, name, kind, filled, needed in database.execute_sql(_COLUMNS, wanted).fetchall():
        columns.setdefault(table, {})[name] = Column(name, kind, filled, needed)
    links: dict[str, list[Link]] = {table: [] for table in columns}
    for table, target, action, *arrays in database.execute_sql(_LINKS, wanted).fetchall():
        here, there, types, cleared = (tuple(array) for array in arrays)
        clears = _clears(columns[table], here, cleared, action)
        links[table].append(Link(here, target, there, types, action == "c", clears))
    tables = {name: Table(name, columns[name], tuple(links[name])) for name in columns}
    return Layout(tables, list(_groups(tables)))


def referring_schemas(database: Database, names: Sequence[str], own: str) -> list[str]:
    """Schemas other than ``own`` with tables that refer to these."""
    found = database.execute_sql(_REFERRING, (list(names), own)).fetchall()
    return sorted(schema for (schema,) in found)


def fixed_tables(database: Database, names: Sequence[str]) -> list[str]:
    """Those of these tables that the serving role may only append to, or only read."""
    return [name for (name,) in database.execute_sql(_FIXED, (list(names),)).fetchall()]


def quoted(name: str) -> str:
    """A column's name as it stands in SQL that has parameters."""
    escaped = name.replace('"', '""').replace("%", "%%")
    return f'"{escaped}"'


def _clears(
    columns: dict[str, Column], here: tuple[str, ...], cleared: tuple[str, ...], action: str
) -> tuple[str, ...]:
    free = {name for name, column in columns.items() if not column.filled}
    if action == "n":  # ON DELETE SET NULL, unless that would be refused
        return cleared if free.issuperset(cleared) else ()
    return tuple(name for name in here if name in free)


def _groups(tables: dict[str, Table]) -> Iterator[tuple[str, ...]]:
    targets = {
        name: {link.target for link in table.links if link.target in tables}
        for name, table in tables.items()
    }
    reached = {name: _reach(name, targets) for name in tables}
    group_of = {
        name: tuple(sorted({name, *(one for one in reached[name] if name in reached[one])}))
        for name in tables
    }
    order: TopologicalSorter[tuple[str, ...]] = TopologicalSorter()
    for name in sorted(tables):
        group = group_of[name]
        order.add(group, *(group_of[one] for one in targets[name] if group_of[one] != group))
    yield from order.static_order()


def _reach(name: str, targets: dict[str, set[str]]) -> set[str]:
    """What ``name`` refers to, directly or by way of others; itself only if it does."""
    found: set[str] = set()
    waiting = list(targets[name])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += targets[one]
    return found

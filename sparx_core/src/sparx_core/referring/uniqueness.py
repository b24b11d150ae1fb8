"""Unique indexes that rows would break if they referred to something else, from the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: Unique indexes of a table: the keys as SQL, the predicate, and whether NULLs are alike.
UNIQUE = """
SELECT array(SELECT pg_get_indexdef(i.indexrelid, n, false)
               FROM generate_series(1, i.indnkeyatts) n),
       pg_get_expr(i.indpred, i.indrelid), i.indnullsnotdistinct
  FROM pg_index i
 WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary AND i.indisvalid
 ORDER BY i.indexrelid::regclass::text
"""
#: The predicate of an index of the rows that have a flag, and of no others.
_FLAG = re.compile(r'\(?"?(?P<name>[a-z_][a-z0-9_]*)"?\)?')
_PLAIN = re.compile(r'"?[a-z_][a-z0-9_]*"?')


@dataclass(frozen=True)
class UniqueIndex:
    """A unique index, its keys without the tenant as SQL.

    ``flag`` is the column that it is about, if it holds the rows with that flag alone.
    """

    keys: tuple[str, ...]
    predicate: str | None
    nulls_alike: bool
    flag: str | None

    def holds(self, column: str) -> bool:
        """Whether ``column`` is one of its keys."""
        return column in self.keys or f'"{column}"' in self.keys

    @property
    def is_plain(self) -> bool:
        """Whether its keys are columns, and not computed."""
        return all(_PLAIN.fullmatch(one) for one in self.keys)

    def pairs(self, table: str, column: str) -> str:
        """SQL of the rows that refer to one row by ``column``, each with the one that refers to
        another and is alike in all other keys. The parameters are the two.
        """
        others = [one for one in self.keys if one not in (column, f'"{column}"')]
        keys = ", ".join(["id", *(f"({one}) AS k{n}" for n, one in enumerate(others))])
        where = f" AND ({self.predicate})" if self.predicate else ""
        rows = f'SELECT {keys} FROM {table} WHERE "{column}" = %s{where}'
        same = "IS NOT DISTINCT FROM" if self.nulls_alike else "="
        alike = " AND ".join(f"g.k{n} {same} s.k{n}" for n in range(len(others))) or "true"
        return (
            f"SELECT g.id, min(s.id::text)::uuid FROM ({rows}) g JOIN ({rows}) s ON {alike}"
            " GROUP BY g.id ORDER BY g.id"
        )

    def inherits(self, table: str) -> str:
        """SQL that tells whether one row has the flag, and another may have it in its place."""
        alike = "".join(f" AND g.{one} = s.{one}" for one in self.keys)
        return (
            f"SELECT FROM {table} g, {table} s WHERE g.id = %s AND s.id = %s"
            f' AND g."{self.flag}" AND NOT s."{self.flag}"{alike}'
        )


def unique_indexes(found: list[Any]) -> Iterator[UniqueIndex]:
    """The indexes that rows of ``UNIQUE`` tell of."""
    for keys, predicate, nulls_alike in found:
        flag = None if predicate is None else _FLAG.fullmatch(predicate)
        yield UniqueIndex(
            tuple(one.replace("%", "%%") for one in keys if one != "tenant_id"),
            predicate and predicate.replace("%", "%%"),
            bool(nulls_alike),
            None if flag is None else flag["name"],
        )

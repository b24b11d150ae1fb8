"""How PostgreSQL means to answer a request: the plans of the very statement that it sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg2

from sparx_core.app import create_app
from sparx_core.auth.keys import parse_key
from sparx_core.read.listing import Listing
from sparx_core.read.through import Through
from sparx_core.runtime import Runtime
from sparx_core.testing import Api

#: What a read sends before its statement, and how many parameters that has.
_HEAD = re.compile(r"SET TRANSACTION READ ONLY; EXECUTE s\d+ \(%s, %s, %s, %s\); (.*)", re.S)
_PREPARED = re.compile(r"EXECUTE (s\d+)( \(.*\))?", re.S)
_DEFINITION = re.compile(r"(?:.*; )?PREPARE (s\d+) AS (.*)", re.S)
#: The share of a tenant's rows from which on reading a table whole may be the best way to count.
MANY = 0.1
#: A column that the indexes of other filters do not hold: rows have to be looked at for it.
SHORT = "fields=createdAt"
#: Rows that are few, and how many may be looked at to find them.
FEW, MORE = 100, 1000


@dataclass
class Reader:
    """A key's client, whose statements are looked at."""

    installation: Runtime
    key: str
    definitions: dict[str, str] = field(default_factory=dict)
    last: tuple[str, Any] = ("", ())
    #: How many the tenant has, by path.
    rows: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api = Api(create_app(self.installation), self.key)
        self._execute = self.installation.database.execute_sql
        self.installation.database.execute_sql = self._noting  # type: ignore[method-assign]
        self.connection = psycopg2.connect(self.installation.urls.app)

    def close(self) -> None:
        self.connection.close()
        del self.installation.database.execute_sql

    def _noting(self, sql: Any, parameters: Any = None) -> Any:
        defined = _DEFINITION.fullmatch(sql)
        if defined:
            self.definitions[defined[1]] = defined[2]
        elif _HEAD.fullmatch(sql):  # and not what other threads note of the use of keys
            self.last = (sql, parameters)
        return self._execute(sql, parameters)

    def offends(self, path: str, query: str, *tables: str) -> bool:
        """Whether a list reads more of the tables than it needs to.

        A page never reads a table from its beginning to its end. A total has to look at all that
        it counts: of so many rows that the whole table may be the shortest way. And where few
        rows are found, few are looked at.
        """
        if path not in self.rows:
            self.rows[path] = self.api.get(path, query="take=1").meta["total"]
        answer = self.api.get(path, query=query)
        assert answer.status == 200, f"{query}: {answer.text}"
        total = answer.meta["total"]
        for plan in self.plans("ANALYZE, TIMING OFF, " if total <= FEW else ""):
            if total <= FEW and "include" not in query and looked_at(plan, tables) > MORE:
                return True
            for part in plan["Plans"]:
                counting = part["Parent Relationship"] == "InitPlan"
                if read_whole(part, tables) and not (counting and total > MANY * self.rows[path]):
                    return True
        return False

    def plans(self, options: str = "") -> Iterator[Any]:
        """The plan of the last read; of one that is prepared also that for whatever values come."""
        found = _HEAD.fullmatch(self.last[0])
        assert found, self.last[0]
        statement, parameters = found[1], self.last[1][4:]
        explain = f"EXPLAIN ({options}FORMAT JSON) "
        prepared = _PREPARED.fullmatch(statement)
        if prepared is None:
            yield from self._explained(explain + statement, parameters)
            return
        for mode in ("force_custom_plan", "force_generic_plan"):
            yield from self._explained(
                f"{explain} EXECUTE explained{prepared[2] or ''}",
                parameters,
                f"SET LOCAL plan_cache_mode = {mode};"
                f" PREPARE explained AS {self.definitions[prepared[1]]}",
            )

    def _explained(self, explain: str, parameters: Any, before: str = "") -> Iterator[Any]:
        with self.entered() as cursor:
            if before:
                cursor.execute(before, ())
            cursor.execute(explain, parameters)
            ((found,),) = cursor.fetchall()
            if before:
                cursor.execute("DEALLOCATE explained")
        yield found[0]["Plan"]

    def entered(self) -> Any:
        """A cursor in the tenant; nothing before it is kept."""
        self.connection.rollback()
        known = parse_key(self.key)
        assert known is not None
        cursor = self.connection.cursor()
        cursor.execute(
            "SELECT FROM core.authenticate(%s, %s, NULL, NULL)", (known.key_id, known.secret_hash)
        )
        return cursor

    def loops(self, path: str, query: str, table: str) -> int:
        """How often a list looks into a table: found by doing it."""
        assert self.api.get(path, query=query).status == 200
        (plan, *_) = self.plans("ANALYZE, TIMING OFF, ")
        name = table.partition(".")[2]
        return sum(one["Actual Loops"] for one in nodes(plan) if one.get("Relation Name") == name)

    def scans(self, path: str, query: str, table: str) -> int:
        """How often a request reads all of a table, in functions as well: found by doing it."""
        assert self.api.get(path, query=query).status == 200
        found = _HEAD.fullmatch(self.last[0])
        assert found is not None
        assert _PREPARED.fullmatch(found[1]) is None, "a search is not prepared"
        with self.entered() as cursor:
            cursor.execute(found[1], self.last[1][4:])
            cursor.execute(
                "SELECT seq_scan FROM pg_stat_xact_all_tables WHERE relid = %s::regclass", (table,)
            )
            ((count,),) = cursor.fetchall()
        return int(count)


def nodes(plan: Any) -> Iterator[Any]:
    """All nodes of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def read_whole(plan: Any, tables: Sequence[str]) -> bool:
    """Whether a plan reads one of the tables from its beginning to its end."""
    names = [table.partition(".")[2] for table in tables]
    return any(
        one["Node Type"] == "Seq Scan" and one["Relation Name"] in names for one in nodes(plan)
    )


def looked_at(plan: Any, tables: Sequence[str]) -> int:
    """How many rows of the tables a plan that was carried out has looked at."""
    names = [table.partition(".")[2] for table in tables]
    return sum(
        (one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"]
        for one in nodes(plan)
        if one.get("Relation Name") in names
    )


def questions(api: Api, path: str, listing: Listing) -> Iterator[str]:
    """Every filter with every operator, every sort both ways, from the top and from within."""
    deep = min(9000, api.get(path, query="take=1").meta["total"] // 10)
    values = sample(api, path, listing, deep)
    for name, one in listing.filters.items():
        if name not in values:  # all rows have the same there, or nothing
            continue
        first, second = values[name]
        for operator in one.operators:
            value = {
                "in": f"{first},{second}",
                "startsWith": str(first)[:6],
                "contains": str(first) if one.operators == ("contains",) else str(first)[:6],
                "exists": "true",
            }.get(operator, first)
            yield f"{name}[{operator}]={value}&{SHORT}"
            if operator == "exists":
                yield f"{name}[exists]=false&{SHORT}"
            if name in listing.sorts and operator != "contains":
                yield f"{name}[{operator}]={value}&sort=-{name}&{SHORT}"
        if name in listing.sorts and "lt" in one.operators:
            yield from _narrow(api, path, name)
    for name in ("", *listing.sorts):
        for sort in (name, f"-{name}") if name else ("",):
            asked = f"sort={sort}" if sort else "take=50"
            yield asked
            yield f"{asked}&skip={deep}"
            page = api.get(path, query=f"{asked}&skip={deep}")
            yield f"{asked}&cursor={page.meta['next_cursor']}"


def _narrow(api: Api, path: str, name: str) -> Iterator[str]:
    """Ranges at the ends of what there is, in which few rows are."""
    for operator, sort in (("lt", name), ("lte", name), ("gt", f"-{name}"), ("gte", f"-{name}")):
        query = f"fields={name}&sort={sort}&skip=20&take=1"
        if api.get(path, query=f"{name}[exists]=true").status == 200:
            query += f"&{name}[exists]=true"
        value = api.get(path, query=query).data[0][name]
        yield f"{name}[{operator}]={value}&{SHORT}"
        yield f"{name}[{operator}]={value}&sort={sort}&{SHORT}"


def sample(api: Api, path: str, listing: Listing, deep: int) -> dict[str, tuple[Any, Any]]:
    """Two values of each filtered field that occur, as in a query string."""
    shown = [name for name, one in listing.filters.items() if not isinstance(one, Through)]
    names = ",".join(shown)
    found: dict[str, list[Any]] = {name: [] for name in shown}
    for row in api.get(path, query=f"fields={names}&skip={deep}&take=250").data:
        for name, value in row.items():
            one = value[0] if isinstance(value, list) and value else value
            if one not in (None, []) and one not in found[name]:
                found[name].append(one)
    written = {True: "true", False: "false"}
    return {
        name: tuple(
            str(written.get(one, one) if isinstance(one, bool) else one)
            .replace(" ", "%20")
            .replace("+", "%2B")
            for one in values[:2]
        )  # type: ignore[misc]
        for name, values in found.items()
        if len(values) > 1
    }

"""Writing: rows that an operation inserts, changes or deletes, the events about them and the
answer become ONE statement of data-modifying CTEs.

A placed order, its items, its number, its event, the deliveries of the event and the JSON of
the answer cost one round trip, and the counter's lock is held only from there to the commit.
Rows travel as one JSON parameter a table (``json_to_recordset``), so the statement's shape
does not depend on their number and is compiled once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from peewee import (
    CTE,
    SQL,
    Delete,
    Entity,
    Function,
    Insert,
    Node,
    NodeList,
    OnConflict,
    Select,
    Update,
)

from sparx_core.db.fields import SequenceField
from sparx_core.db.models import Counter, TenantModel, table_of
from sparx_core.db.statements import slot, sql_type
from sparx_core.json import encode
from sparx_core.read.compiler import Sources, table_source
from sparx_core.read.view import Relation
from sparx_core.read.wire import Scope

Row = TenantModel


@dataclass
class Inserted:
    """Rows of one model to insert; all are given the columns that any of them has."""

    model: type[TenantModel]
    rows: list[Row] = field(default_factory=list)

    def names(self) -> tuple[str, ...]:
        if len(self.rows) == 1:
            return tuple(self.rows[0].__data__)
        return tuple(dict.fromkeys(name for row in self.rows for name in row.__data__))


@dataclass
class Changed:
    """Values to set on one row, whose version goes up by one."""

    row: Row
    values: dict[str, Any]


@dataclass
class Deleted:
    """One row to delete."""

    row: Row


Write = Inserted | Changed | Deleted


def fields_of(model: type[TenantModel]) -> dict[str, Any]:
    found: dict[str, Any] = model._meta.fields
    return found


def shape_of(writes: Sequence[Write]) -> tuple[Hashable, ...]:
    """What two lists of writes must share to share a statement."""
    return tuple(
        (type(write), write.model, write.names())
        if isinstance(write, Inserted)
        else (type(write), type(write.row), tuple(write.values))
        if isinstance(write, Changed)
        else (type(write), type(write.row))
        for write in writes
    )


def values_of(writes: Sequence[Write]) -> dict[Hashable, Any]:
    """The parameters of a statement for ``writes``."""
    found: dict[Hashable, Any] = {}
    for number, write in enumerate(writes):
        if isinstance(write, Inserted):
            found["rows", number] = _records(write)
            continue
        found["id", number] = str(write.row.id)
        if isinstance(write, Changed):
            found["rows", number] = _record(type(write.row), write.values)
    return found


def _records(write: Inserted) -> str:
    columns = fields_of(write.model)
    chosen = [(name, columns[name]) for name in write.names()]
    return encode(
        [
            {column.column_name: column.db_value(row.__data__.get(name)) for name, column in chosen}
            for row in write.rows
        ]
    ).decode()


def _record(model: type[TenantModel], values: dict[str, Any]) -> str:
    columns = fields_of(model)
    return encode(
        [{columns[name].column_name: columns[name].db_value(v) for name, v in values.items()}]
    ).decode()


def recordset(
    model: type[TenantModel], names: Sequence[str], rows: Node
) -> tuple[list[Node], Node]:
    """Typed columns out of a JSON array of rows, and the source to select them from."""
    columns = fields_of(model)
    typed = ", ".join(f'"{columns[name].column_name}" {sql_type(columns[name])}' for name in names)
    call = Function("json_to_recordset", (rows,))
    chosen: list[Node] = [Entity("r", columns[name].column_name) for name in names]
    return chosen, NodeList((call, SQL(f"AS r({typed})")))


def write_cte(write: Write, number: int) -> Iterator[CTE]:
    """The CTEs that carry out one write; the last returns the written rows, whole."""
    if isinstance(write, Inserted):
        yield from _insert_ctes(write, number)
    elif isinstance(write, Changed):
        yield _update_cte(write, number)
    else:
        table = table_source(type(write.row))
        yield Delete(table, where=(table.c.id == slot(("id", number))), returning=[SQL("*")]).cte(
            f"_w{number}"
        )


def _insert_ctes(write: Inserted, number: int) -> Iterator[CTE]:
    columns = fields_of(write.model)
    names = write.names()
    chosen, rows = recordset(write.model, names, slot(("rows", number)))
    targets: list[Any] = [Entity(columns[name].column_name) for name in names]
    for name, column in columns.items():
        if isinstance(column, SequenceField) and name not in names:
            counter = _counter_cte(write.model, column, f"n{number}")
            yield counter
            targets.append(Entity(column.column_name))
            chosen.append(Select([counter], [counter.c.value]))
    yield insert_cte(write.model, targets, Select([rows], chosen), f"_w{number}")


def insert_cte(
    model: type[TenantModel],
    targets: Sequence[Any],
    rows: Select,
    name: str,
    returning: Sequence[Node] = (SQL("*"),),
) -> CTE:
    """``name AS (INSERT INTO ... SELECT ... RETURNING ...)``."""
    return Insert(
        table_source(model), insert=rows, columns=list(targets), returning=list(returning)
    ).cte(name)


def _counter_cte(model: type[TenantModel], column: SequenceField, name: str) -> CTE:
    counters = table_source(Counter)
    key = f"{table_of(model)}.{column.column_name}"
    return Insert(
        counters,
        {counters.c.name: key, counters.c.value: column.start},
        on_conflict=OnConflict(
            conflict_target=[Entity("tenant_id"), Entity("name")],
            update={Entity("value"): Entity("counters", "value") + 1},
        ),
        returning=[Entity("counters", "value")],
    ).cte(name)


def _update_cte(write: Changed, number: int) -> CTE:
    model = type(write.row)
    columns = fields_of(model)
    table = table_source(model)
    chosen, row = recordset(model, tuple(write.values), slot(("rows", number)))
    changes: dict[Any, Any] = {
        Entity(columns[name].column_name): value
        for name, value in zip(write.values, chosen, strict=True)
    }
    changes[Entity("version")] = table.c.version + 1
    changes[Entity("updated_at")] = SQL("now()")
    update = Update(
        table,
        changes,
        where=(table.c.id == slot(("id", number))),
        returning=[
            Entity(model._meta.table_name, column.column_name) for column in columns.values()
        ],
    ).from_(row)
    return update.cte(f"_w{number}")


@dataclass
class Written:
    """Where this statement finds rows: the CTE that writes them, or else their table."""

    ctes: dict[int, CTE]
    writes: Sequence[Write]
    aliases: Iterator[int] = field(default_factory=lambda: count(1))

    def scope(self, row: Row, locales: int = 0) -> Scope:
        number = self._number(row)
        if number is not None and not isinstance(self.writes[number], Deleted):
            return Scope(self.ctes[number], locales=locales)
        return Scope(table_source(type(row), f"_s{next(self.aliases)}"), locales=locales)

    def sources(self, row: Row) -> Sources:
        """Children of a row inserted here can only be inserted here; others are in their table."""
        number = self._number(row)
        inserted = number is not None and isinstance(self.writes[number], Inserted)

        def source(relation: Relation) -> Any:
            if inserted and relation.resource is None:
                for position, write in enumerate(self.writes):
                    if isinstance(write, Inserted) and write.model is relation.model:
                        return self.ctes[position]
            return table_source(relation.model, f"_m{next(self.aliases)}")

        return source

    def _number(self, row: Row) -> int | None:
        return find_write(self.writes, row)


def find_write(writes: Sequence[Write], row: Row) -> int | None:
    """The position of the write of this very row object, if it is pending."""
    for number, write in enumerate(writes):
        if isinstance(write, Inserted):
            if any(row is other for other in write.rows):
                return number
        elif write.row is row:
            return number
    return None

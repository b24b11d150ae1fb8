"""Writing: rows that an operation inserts, changes or deletes, the events about them and the
answer become ONE statement of data-modifying CTEs.

A placed order, its items, its number, its event, the deliveries of the event and the JSON of
the answer cost one round trip, and the counter's lock is held only from there to the commit.
Rows travel as one JSON parameter a table (``json_to_recordset``), so the statement's shape
does not depend on their number and is compiled once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

from peewee import (
    CTE,
    SQL,
    Cast,
    Delete,
    Entity,
    Expression,
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
from sparx_core.read.compiler import Sources, array_slot, checked_reference, table_source
from sparx_core.read.view import Relation
from sparx_core.read.wire import Scope

Row = TenantModel

#: The place of a row in a JSON array of rows, as a column of its own.
NUMBER = "_n"


@dataclass
class Inserted:
    """Rows of one model to insert; all are given the columns that any of them has."""

    model: type[TenantModel]
    rows: list[Row] = field(default_factory=list)
    #: References that a client sent: they must not be to rows in the trash.
    checked: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        if len(self.rows) == 1:
            return tuple(self.rows[0].__data__)
        return tuple(dict.fromkeys(name for row in self.rows for name in row.__data__))

    def filled(self) -> tuple[str, ...]:
        """The columns that some of the rows leave to the database's default."""
        if len(self.rows) == 1:
            return ()
        columns = fields_of(self.model)
        return tuple(
            name
            for name in self.names()
            if default_of(columns[name]) is not None
            and any(name not in row.__data__ for row in self.rows)
        )


@dataclass
class Changed:
    """Values to set on rows of one model, the same columns of each; their versions go up by one."""

    model: type[TenantModel]
    rows: list[Row]
    values: list[dict[str, Any]]
    checked: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        return tuple(self.values[0])


@dataclass
class Deleted:
    """Rows of one model to delete."""

    model: type[TenantModel]
    rows: list[Row]


@dataclass
class Trashed(Changed):
    """Rows of one model to put into the trash; events about them show them as they were."""

    @classmethod
    def now(cls, row: Row) -> Trashed:
        """Put one row there."""
        values = {"trashed": True, "deleted_at": datetime.now(UTC)}
        for name, value in values.items():
            setattr(row, name, value)
        return cls(type(row), [row], [values])


Write = Inserted | Changed | Deleted | Trashed
#: Writes after which a row is not shown any more: what tells of it shows the row before.
GONE = (Deleted, Trashed)


def gather(writes: Sequence[Write]) -> list[Write]:
    """The same writes with those of alike rows made one, so that many rows make a statement of
    the shape of a few. They are of one kind, whose order does not matter.
    """
    if len(writes) == 1:
        return list(writes)
    found: dict[Hashable, Write] = {}
    for write in writes:
        key = (write.model, _alike(write))
        same = found.get(key)
        if same is None:
            found[key] = replace(write, rows=list(write.rows))
            if isinstance(write, Changed):
                found[key] = replace(write, rows=list(write.rows), values=list(write.values))
            continue
        same.rows.extend(write.rows)
        if isinstance(same, Changed) and isinstance(write, Changed):
            same.values.extend(write.values)
    return list(found.values())


def _alike(write: Write) -> Hashable:
    """What rows must share to be written together, beside their model."""
    if isinstance(write, Changed):
        return frozenset(write.names())
    if isinstance(write, Deleted):
        return None
    # NULL is a value of its own in these, and no sign that the default is wanted.
    return frozenset(_own(write.model).intersection(write.names()))


@cache
def _own(model: type[TenantModel]) -> frozenset[str]:
    return frozenset(
        name
        for name, column in fields_of(model).items()
        if isinstance(column, SequenceField) or (column.null and default_of(column) is not None)
    )


@cache
def default_of(column: Any) -> str | None:
    """The default that the database computes for a column, as SQL."""
    declared = [str(getattr(one, "sql", "")) for one in column.constraints or ()]
    found = (one.removeprefix("DEFAULT ") for one in declared if one.startswith("DEFAULT "))
    return next(found, None)


def fields_of(model: type[TenantModel]) -> dict[str, Any]:
    found: dict[str, Any] = model._meta.fields
    return found


def shape_of(writes: Sequence[Write]) -> tuple[Hashable, ...]:
    """What two lists of writes must share to share a statement."""
    return tuple(
        (
            type(write),
            write.model,
            _is_numbered(write),
            write.names(),
            write.filled(),
            write.checked,
        )
        if isinstance(write, Inserted)
        else (type(write), write.model, len(write.rows) > 1, write.names(), write.checked)
        if isinstance(write, Changed)
        else (type(write), write.model, len(write.rows) > 1)
        for write in writes
    )


def values_of(writes: Sequence[Write]) -> dict[Hashable, Any]:
    """The parameters of a statement for ``writes``."""
    found: dict[Hashable, Any] = {}
    for number, write in enumerate(writes):
        if isinstance(write, Inserted):
            found["rows", number] = _records(write)
            found["count", number] = len(write.rows)
            continue
        if isinstance(write, Changed):
            found["rows", number] = _changes(write)
        if len(write.rows) == 1:
            found["id", number] = str(write.rows[0].id)
        else:
            found["ids", number] = [str(row.id) for row in write.rows]
    return found


def _records(write: Inserted) -> str:
    columns = fields_of(write.model)
    chosen = [(name, columns[name]) for name in write.names()]
    numbered = _is_numbered(write)
    records = []
    for number, row in enumerate(write.rows, 1):
        record = {one.column_name: _sent(one, row.__data__.get(name)) for name, one in chosen}
        records.append({**record, NUMBER: number} if numbered else record)
    return encode(records).decode()


def _sent(column: Any, value: Any) -> Any:
    """A value as it is in JSON: of bytes, the text that PostgreSQL reads them from."""
    stored = column.db_value(value)
    return f"\\x{stored.hex()}" if isinstance(stored, bytes | bytearray | memoryview) else stored


def _changes(write: Changed) -> str:
    columns = fields_of(write.model)
    many = len(write.rows) > 1
    return encode(
        [
            {columns[name].column_name: _sent(columns[name], value) for name, value in one.items()}
            | ({"id": row.id} if many else {})
            for row, one in zip(write.rows, write.values, strict=True)
        ]
    ).decode()


def _is_numbered(write: Inserted) -> bool:
    """Whether the rows are told by their place, because several take a number of a sequence."""
    return len(write.rows) > 1 and any(_counted(write))


def _counted(write: Inserted) -> Iterator[SequenceField]:
    names = write.names()
    for name, column in fields_of(write.model).items():
        if isinstance(column, SequenceField) and name not in names:
            yield column


def recordset(
    model: type[TenantModel], names: Sequence[str], rows: Node, *, numbered: bool = False
) -> tuple[list[Node], Node]:
    """Typed columns out of a JSON array of rows, and the source to select them from.

    ``numbered``: the source has the place of each row as well, which the array tells.
    """
    columns = fields_of(model)
    typed = ", ".join(f'"{columns[name].column_name}" {sql_type(columns[name])}' for name in names)
    typed += f", {NUMBER} INTEGER" if numbered else ""
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
        table = table_source(write.model)
        if len(write.rows) == 1:
            which = table.c.id == slot(("id", number))
        else:
            ids = array_slot(("ids", number), "uuid")
            which = Expression(table.c.id, "=", Function("ANY", (ids,)))
        yield Delete(table, where=which, returning=[SQL("*")]).cte(f"_w{number}")


def _insert_ctes(write: Inserted, number: int) -> Iterator[CTE]:
    columns = fields_of(write.model)
    names, filled, many = write.names(), write.filled(), _is_numbered(write)
    source = slot(("rows", number))
    chosen, rows = recordset(write.model, names, source, numbered=_is_numbered(write))
    for place, name in enumerate(names):
        if name in filled:
            standard = SQL(str(default_of(columns[name])))
            chosen[place] = Function("coalesce", (chosen[place], standard))
        if name in write.checked:
            chosen[place] = checked_reference(write.model, columns[name], chosen[place])
    targets: list[Any] = [Entity(columns[name].column_name) for name in names]
    for column in _counted(write):
        taken = Cast(slot(("count", number)), "bigint") if many else None
        counter = _counter_cte(write.model, column, f"n{number}", taken)
        yield counter
        targets.append(Entity(column.column_name))
        value: Any = Select([counter], [counter.c.value])
        if taken is not None:
            before = Select([counter], [Expression(counter.c.value, "-", taken)])
            value = Expression(before, "+", Entity("r", NUMBER))
        chosen.append(value)
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


def _counter_cte(
    model: type[TenantModel], column: SequenceField, name: str, taken: Any = None
) -> CTE:
    """Takes one number, or as many as ``taken`` says; the last of them."""
    counters = table_source(Counter)
    key = f"{table_of(model)}.{column.column_name}"
    first: Any = column.start
    step: Any = 1
    if taken is not None:
        first, step = Expression(taken, "+", SQL(str(column.start - 1))), taken
    return Insert(
        counters,
        {counters.c.name: key, counters.c.value: first},
        on_conflict=OnConflict(
            conflict_target=[Entity("tenant_id"), Entity("name")],
            update={Entity("value"): Expression(Entity("counters", "value"), "+", step)},
        ),
        returning=[Entity("counters", "value")],
    ).cte(name)


def _update_cte(write: Changed, number: int) -> CTE:
    model = write.model
    columns = fields_of(model)
    table = table_source(model)
    names, many = write.names(), len(write.rows) > 1
    read = ("id", *names) if many else names
    chosen, row = recordset(model, read, slot(("rows", number)))
    identity = chosen[0] if many else slot(("id", number))
    changes: dict[Any, Any] = {
        Entity(columns[name].column_name): (
            checked_reference(model, columns[name], value) if name in write.checked else value
        )
        for name, value in zip(names, chosen[many:], strict=True)
    }
    changes[Entity("version")] = table.c.version + 1
    changes[Entity("updated_at")] = SQL("now()")
    update = Update(
        table,
        changes,
        where=(table.c.id == identity),
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
    positions: Positions
    aliases: Iterator[int] = field(default_factory=lambda: count(1))

    def scope(self, row: Row, locales: int = 0) -> Scope:
        number = self.positions.get(id(row))
        if number is not None and not isinstance(self.writes[number], GONE):
            return Scope(self.ctes[number], locales=locales)
        return Scope(table_source(type(row), f"_s{next(self.aliases)}"), locales=locales)

    def sources(self, row: Row) -> Sources:
        """Children of a row inserted here can only be inserted here; others are in their table."""
        number = self.positions.get(id(row))
        inserted = number is not None and isinstance(self.writes[number], Inserted)

        def source(relation: Relation) -> Any:
            if inserted and relation.resource is None:
                for position, write in enumerate(self.writes):
                    if isinstance(write, Inserted) and write.model is relation.model:
                        return self.ctes[position]
            return table_source(relation.model, f"_m{next(self.aliases)}")

        return source


#: The positions of pending writes, by the ``id()`` of the row object that each is about.
Positions = dict[int, int]


def positions_of(writes: Sequence[Write]) -> Positions:
    """Where in ``writes`` each row is written."""
    return {id(row): number for number, write in enumerate(writes) for row in write.rows}

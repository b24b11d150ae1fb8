"""Having everything that refers to one row refer to another, and back again.

Two rows are one from then on: those that refer to the one that goes are made to refer to the one
that stays, in the tables of every active module. Where both have a row that there may be only one
of, such as a membership in the same list, that of the one that stays is kept: what refers to the
other is moved to it in the same way, and the other is deleted, to be brought back if all of it is
undone. Where a flag may be set of one of them alone, such as that of the primary address, it is
taken from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peewee import IntegrityError, PeeweeException

from sparx_core.db.connection import original
from sparx_core.errors import ReferencesStay
from sparx_core.referring.links import links_to
from sparx_core.referring.uniqueness import UNIQUE, UniqueIndex, unique_indexes

if TYPE_CHECKING:
    from sparx_core.context import Context

#: The SQLSTATE of a table whose rows are never changed, or never deleted.
_NO_PRIVILEGE = "42501"
#: A table refers to another that refers to another: deeper than any chain that makes sense.
_DEPTH = 8


@dataclass(frozen=True)
class Moved:
    """Rows of ``table`` whose ``column`` was ``before`` and is ``after``."""

    table: str
    column: str
    before: UUID
    after: UUID
    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Removed:
    """A row that gave way to another, as JSON of its columns."""

    table: str
    row: str


@dataclass(frozen=True)
class Flagged:
    """Rows of ``table`` whose flag ``column`` was not ``value`` and is."""

    table: str
    column: str
    ids: tuple[UUID, ...]
    value: bool


#: What was done, in the order in which it was.
Moves = list[Moved | Removed | Flagged]


def move_references(
    ctx: Context, table: str, before: UUID, after: UUID, *, kept: Sequence[str] = ()
) -> Moves:
    """Have what refers to the row ``before`` of ``table`` refer to ``after``; what was done.

    Tables in ``kept`` are left alone. Both rows are locked by the caller: who refers to one of
    them at the same moment waits, or was waited for. Raises ``ReferencesStay`` where a table does
    not allow it; then the transaction has to be rolled back.
    """
    ctx.flush()
    return _Moving(ctx, frozenset(kept)).move(table, before, after, 0)


def undo_moves(ctx: Context, moves: Moves) -> int:
    """Undo what :func:`move_references` did; how many references were moved back.

    A row that was deleted or made to refer to something else since is left as it is. Raises
    ``ReferencesStay`` where a row that was removed has no place any more, or its module is off.
    """
    ctx.flush()
    for table in sorted({one.table for one in moves}):
        if table not in ctx.registry.models or ctx.registry.models[table][0] not in ctx.modules:
            raise ReferencesStay(table, "module_disabled")
    back = 0
    for one in reversed(moves):
        if isinstance(one, Removed):
            _restore(ctx, one)
        elif isinstance(one, Flagged):
            _flag(ctx, Flagged(one.table, one.column, one.ids, not one.value))
        else:
            reversed_move = Moved(one.table, one.column, one.after, one.before, one.ids)
            back += len(_point(ctx, reversed_move))
    return back


class _Moving:
    """One row's references on their way to another."""

    def __init__(self, ctx: Context, kept: frozenset[str]) -> None:
        self.ctx, self.kept = ctx, kept
        self.done: Moves = []

    def move(self, table: str, before: UUID, after: UUID, depth: int) -> Moves:
        if depth > _DEPTH:
            raise ReferencesStay(table, "too_deep")
        for link in links_to(self.ctx.registry, table, self.ctx.modules):
            if link.table not in self.kept:
                self._make_room(link.table, link.column, (before, after), depth)
                ids = _point(self.ctx, Moved(link.table, link.column, before, after, ()))
                if ids:
                    self.done.append(Moved(link.table, link.column, before, after, ids))
        return self.done

    def _make_room(self, table: str, column: str, pair: tuple[UUID, UUID], depth: int) -> None:
        """See to it that no unique index stands in the way."""
        parameters = tuple(map(str, pair))
        indexes = list(unique_indexes(_run(self.ctx, table, UNIQUE, (table,))))
        for index in indexes:
            if index.flag is None and index.holds(column):
                found = _run(self.ctx, table, index.pairs(table, column), parameters)
                for row, survivor in found:
                    self.move(table, _uuid(row), _uuid(survivor), depth + 1)
                    self._remove(table, indexes, _uuid(row), _uuid(survivor))
        for index in indexes:
            if index.flag is not None and index.holds(column):
                found = _run(self.ctx, table, index.pairs(table, column), parameters)
                self._set(Flagged(table, index.flag, tuple(_uuid(row) for row, _ in found), False))

    def _remove(
        self, table: str, indexes: Sequence[UniqueIndex], row: UUID, survivor: UUID
    ) -> None:
        both = (str(row), str(survivor))
        flags = [
            index.flag
            for index in indexes
            if index.flag and index.is_plain and _run(self.ctx, table, index.inherits(table), both)
        ]
        sql = f"DELETE FROM {table} t WHERE id = %s RETURNING row_to_json(t)::text"
        self.done += [Removed(table, text) for (text,) in _run(self.ctx, table, sql, both[:1])]
        for flag in flags:
            self._set(Flagged(table, flag, (survivor,), True))

    def _set(self, flagged: Flagged) -> None:
        if flagged.ids:
            _flag(self.ctx, flagged)
            self.done.append(flagged)


def _point(ctx: Context, move: Moved) -> tuple[UUID, ...]:
    """Have rows refer to another: their ids. It is a change of theirs, so their versions go up.

    Without ids it is all that refer to it.
    """
    chosen = " AND id = ANY(%s::uuid[])" if move.ids else ""
    ids = ([str(row) for row in move.ids],) if move.ids else ()
    found = _run(
        ctx,
        move.table,
        f'UPDATE {move.table} SET "{move.column}" = %s, version = version + 1,'
        f' updated_at = now() WHERE "{move.column}" = %s{chosen} RETURNING id',
        (str(move.after), str(move.before), *ids),
    )
    return tuple(_uuid(one) for (one,) in found)


def _flag(ctx: Context, flagged: Flagged) -> None:
    _run(
        ctx,
        flagged.table,
        f'UPDATE {flagged.table} SET "{flagged.column}" = %s, version = version + 1,'
        " updated_at = now() WHERE id = ANY(%s::uuid[])",
        (flagged.value, [str(one) for one in flagged.ids]),
    )


def _restore(ctx: Context, gone: Removed) -> None:
    fields: Any = ctx.registry.models[gone.table][1]._meta
    columns = ", ".join(f'"{one.column_name}"' for one in fields.sorted_fields)
    _run(
        ctx,
        gone.table,
        f"INSERT INTO {gone.table} ({columns})"
        f" SELECT {columns} FROM json_populate_record(NULL::{gone.table}, %s::json)",
        (gone.row,),
    )


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _run(ctx: Context, table: str, sql: str, parameters: Sequence[Any]) -> list[Any]:
    """The rows of a statement; a table that does not let it happen is named."""
    try:
        cursor = ctx.transaction.database.execute_sql(sql, parameters)
    except IntegrityError:
        raise ReferencesStay(table, "constraint") from None
    except PeeweeException as error:
        inner = original(error)
        if inner is not None and inner.pgcode == _NO_PRIVILEGE:
            raise ReferencesStay(table, "append_only") from None
        raise
    rows: list[Any] = cursor.fetchall() if cursor.description else []
    return rows

"""Rows that could be inserted, but for the one thing that a test changes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peewee import BooleanField, Field, IntegerField, TextField, UUIDField

from sparx_core import Reference, uuid7
from sparx_core.db.tables import indexes_of

from .attempts import new
from .world import MODELS, World

#: What no row of the world has. Indexes lead with what is not one of a few words.
_OTHER: dict[type[Field], Any] = {TextField: "nobody@example.com", IntegerField: 2**30}
#: Tables where a second row differs in more than one column.
_TOGETHER: dict[str, dict[str, Any]] = {
    "cms.reviews": {"running": None, "status": "cancelled"},
}


def unlike(world: World, table: str, column: str) -> dict[str, Any]:
    """A row like mine that no unique index has anything against, whatever ``column`` has."""
    row = new(world.row(table, world.mine)) | _TOGETHER.get(table, {})
    for columns in _unique(table):
        if column in columns or any(row[name] is None for name in columns):
            continue
        name, field = _freest(table, columns)
        row[name] = _another(world, table, name, field)
    return row


def _unique(table: str) -> Iterator[list[str]]:
    """The columns of each unique index, without that of the tenant."""
    for _, columns, unique in indexes_of(MODELS[table]):
        if unique and "id" not in columns:
            yield [name for name in columns if name != "tenant_id"]


def _freest(table: str, columns: list[str]) -> tuple[str, Field]:
    """The column to change: one that refers to nothing, if there is one."""
    meta: Any = MODELS[table]._meta
    fields: dict[str, Field] = {one.column_name: one for one in meta.sorted_fields}
    free = [name for name in columns if not isinstance(fields[name], Reference | BooleanField)]
    # The last ones refer to what there is more of.
    name = free[0] if free else columns[-1]
    return name, fields[name]


def _another(world: World, table: str, column: str, field: Field) -> Any:
    if isinstance(field, Reference):
        return _row_elsewhere(world, table, column, field.target)
    if isinstance(field, UUIDField):
        return str(uuid7())
    return next(value for kind, value in _OTHER.items() if isinstance(field, kind))


def _row_elsewhere(world: World, table: str, column: str, target: str) -> str:
    """A row of mine that no row of the table refers to."""
    found = world.owner.rows(
        f"SELECT id FROM {target} WHERE tenant_id = %s AND id NOT IN"
        f" (SELECT {column} FROM {table} WHERE tenant_id = %s) LIMIT 1",
        world.mine.tenant_id,
        world.mine.tenant_id,
    )
    assert found, f"every row of {target} is in {table}: give {target} one more in live()"
    return str(found[0][0])

"""What is tried on a table, and what PostgreSQL says to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg2

from sparx_core import uuid7
from sparx_core.json import encode

from .situations import Situation
from .world import World

REFUSED = "42501"
#: Columns whose values PostgreSQL gives, and lets nobody else give.
GENERATED = {"core.events": {"position"}}


@dataclass(frozen=True)
class Outcome:
    """What PostgreSQL said: an error's SQLSTATE and what it violates, or rows."""

    error: str | None = None
    rows: list[Any] = field(default_factory=list)
    touched: int = 0
    constraint: str | None = None

    @property
    def nothing(self) -> bool:
        return self.error == REFUSED or (self.error is None and not self.rows and not self.touched)


def attempt(
    world: World, situation: Situation, *statements: tuple[str, Any] | str, commit: bool = True
) -> Outcome:
    """Run statements in a situation, and commit what they did if they did not fail."""
    with world.connection() as connection, connection.cursor() as cursor:
        situation(world, cursor)
        rows: list[Any] = []
        touched = 0
        try:
            for statement in statements:
                sql, parameters = (statement, None) if isinstance(statement, str) else statement
                cursor.execute(sql, parameters)
                if cursor.description:
                    rows += cursor.fetchall()
                elif cursor.statusmessage.split()[0] in ("INSERT", "UPDATE", "DELETE"):
                    touched += cursor.rowcount
            if commit:
                connection.commit()
            else:
                connection.rollback()
        except psycopg2.Error as error:
            connection.rollback()
            said = error.pgcode or type(error).__name__
            return Outcome(said, constraint=error.diag.constraint_name)
        return Outcome(None, rows, touched)


def inserting(table: str, row: dict[str, Any], more: str = "") -> tuple[str, Any]:
    names = [name for name in row if name not in GENERATED.get(table, ())]
    columns = ", ".join(f'"{name}"' for name in names)
    return (
        f"INSERT INTO {table} ({columns})"
        f" SELECT {columns} FROM json_populate_record(NULL::{table}, %s) {more}",
        (encode(row).decode(),),
    )


@dataclass(frozen=True)
class Verb:
    """Something to try on a table: a statement, made for a model and a world."""

    name: str
    make: Callable[[World, str], tuple[str, Any] | str]


def new(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "id": str(uuid7())}


CHANGED = "updated_at = now()"
VERBS = [
    Verb("select", lambda world, table: f"SELECT * FROM {table}"),
    Verb("select theirs", lambda world, table: (
        f"SELECT * FROM {table} WHERE tenant_id = %s", (str(world.theirs.tenant_id),))),
    Verb("select theirs by id", lambda world, table: (
        f"SELECT * FROM {table} WHERE id = %s", (world.row(table, world.theirs)["id"],))),
    Verb("select for update", lambda world, table: f"SELECT id FROM {table} FOR UPDATE"),
    Verb("insert mine", lambda world, table: inserting(table, new(world.row(table, world.mine)))),
    Verb("insert theirs", lambda world, table: inserting(
        table, new(world.row(table, world.theirs)))),
    Verb("insert theirs and return it", lambda world, table: inserting(
        table, new(world.row(table, world.theirs)), "RETURNING *")),
    Verb("upsert theirs", lambda world, table: inserting(
        table, world.row(table, world.theirs),
        f"ON CONFLICT (tenant_id, id) DO UPDATE SET {CHANGED}")),
    Verb("insert theirs unless there", lambda world, table: inserting(
        table, world.row(table, world.theirs), "ON CONFLICT DO NOTHING")),
    Verb("update all", lambda world, table: f"UPDATE {table} SET {CHANGED}"),
    Verb("update theirs", lambda world, table: (
        f"UPDATE {table} SET {CHANGED} WHERE tenant_id = %s", (str(world.theirs.tenant_id),))),
    Verb("update theirs and return it", lambda world, table: (
        f"UPDATE {table} SET {CHANGED} WHERE id = %s RETURNING *",
        (world.row(table, world.theirs)["id"],))),
    Verb("give mine away", lambda world, table: (
        f"UPDATE {table} SET tenant_id = %s", (str(world.theirs.tenant_id),))),
    Verb("take theirs", lambda world, table: (
        f"UPDATE {table} SET tenant_id = %s WHERE tenant_id = %s",
        (str(world.mine.tenant_id), str(world.theirs.tenant_id)))),
    Verb("delete all", lambda world, table: f"DELETE FROM {table}"),
    Verb("delete theirs", lambda world, table: (
        f"DELETE FROM {table} WHERE tenant_id = %s", (str(world.theirs.tenant_id),))),
    Verb("delete theirs by id and return it", lambda world, table: (
        f"DELETE FROM {table} WHERE id = %s RETURNING *",
        (world.row(table, world.theirs)["id"],))),
    Verb("truncate", lambda world, table: f"TRUNCATE {table} CASCADE"),
]  # fmt: skip
BY_NAME = {verb.name: verb for verb in VERBS}

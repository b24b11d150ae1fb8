"""Runs the lints on a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from peewee import Database

from sparx_core.lints.audit import AUDIT
from sparx_core.lints.expected import expected
from sparx_core.lints.functions import FUNCTIONS
from sparx_core.lints.keys import KEYS
from sparx_core.lints.lint import Finding, Lint
from sparx_core.lints.policies import PARTITIONS, POLICIES
from sparx_core.lints.reach import OBJECTS
from sparx_core.lints.roles import CREATION, ROLES
from sparx_core.lints.scope import SCOPE
from sparx_core.registry import Registry

LINTS: tuple[Lint, ...] = tuple(
    sorted(
        (*POLICIES, *KEYS, *OBJECTS, FUNCTIONS, ROLES, PARTITIONS, CREATION, AUDIT),
        key=lambda lint: int(lint.id[1:]),
    )
)

#: With it PostgreSQL writes every name outside pg_catalog with its schema.
_SEARCH_PATH = "pg_catalog, pg_temp"


def run_lints(database: Database, registry: Registry) -> list[Finding]:
    """What in ``database`` breaks the rules that keep tenants apart; empty if nothing does.

    Any login will do, since the catalogues are readable by all. Reads only; inside a
    transaction of the caller's it sees what that transaction sees.
    """
    document = expected(registry)
    with _steady(database):
        return [
            Finding(lint.id, name, problem, lint.advice.replace("{object}", name))
            for lint in LINTS
            for name, problem in _offenders(database, lint, document)
        ]


def _offenders(database: Database, lint: Lint, document: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = database.execute_sql(SCOPE + lint.sql, (document,)).fetchall()
    return sorted(rows)


@contextmanager
def _steady(database: Database) -> Iterator[None]:
    """One state of the database, and names as ``_SEARCH_PATH`` has them."""
    connection: Any = database.connection()
    if connection.info.transaction_status == 0:
        database.execute_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            database.execute_sql(f"SET LOCAL search_path = {_SEARCH_PATH}")
            yield
        finally:
            database.execute_sql("ROLLBACK")
        return
    (before,) = database.execute_sql("SELECT current_setting('search_path')").fetchone()
    database.execute_sql(f"SET LOCAL search_path = {_SEARCH_PATH}")
    yield
    database.execute_sql("SELECT set_config('search_path', %s, true)", (before,))

"""Rules about the database: migrations, models that tell the truth, and the walls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file
from typing import Any

from peewee import PostgresqlDatabase
from playhouse.migrate import SchemaMigrator
from playhouse.migrations import Migration

from sparx_core.db.migrate import migrate, owner_connection, secure_all
from sparx_core.db.models import table_of
from sparx_core.db.tables import create_tables
from sparx_core.lints import run_lints
from sparx_core.modules import RegistryError
from sparx_core.testing.contract.catalogue import Column, Table, lines_of, tables_of
from sparx_core.testing.contract.rule import Needs, NotChecked, rule
from sparx_core.testing.contract.subject import Subject

#: Where the migrated tables go while the models make theirs; rolled back at once.
_ASIDE = "sparx_contract"


@rule("migrations", Needs.MODULE)
def migrations(subject: Subject) -> Iterator[str]:
    """Migrations run on an empty database, and again without a change.

    Use create_tables, which leaves alone what is there, and IF NOT EXISTS in SQL of your own:
    whoever restores a database or repeats a failed upgrade runs them twice.
    """
    registry, runtime, key = subject.modules, subject.runtime, subject.key
    if runtime is None:
        problem = subject.problem
        if not isinstance(problem, RegistryError):
            yield f"{type(problem).__name__}: {str(problem).strip()}"
        return
    before = _lines(runtime.urls.owner, key)
    applied = migrate(registry, runtime.urls)
    if applied:
        yield f"migrating a second time applied {', '.join(applied)}"
    yield from _differences("migrating a second time", before, _lines(runtime.urls.owner, key))
    with _rolled_back(runtime.urls.owner) as database:
        problem_again = _run_again(database, subject)
        if problem_again:
            yield problem_again
            return
        yield from _differences("running them again", before, lines_of(database, key))


def _lines(url: str, schema: str) -> frozenset[str]:
    with owner_connection(url) as database:
        return lines_of(database, schema)


@contextmanager
def _rolled_back(url: str) -> Iterator[PostgresqlDatabase]:
    """A transaction of the owner's that leaves nothing behind."""
    with owner_connection(url) as database, database.manual_commit():
        database.begin()
        try:
            yield database
        finally:
            database.rollback()


def _run_again(database: PostgresqlDatabase, subject: Subject) -> str | None:
    """Run every migration of the module once more; what went wrong, if anything did."""
    folder = subject.module.migrations()
    if not folder.is_dir():
        return None
    migrator = SchemaMigrator.from_database(database, schema=subject.key)
    with as_file(folder) as directory:
        for migration in Migration.load_directory(str(directory)):
            loaded: Any = migration.load()
            if not getattr(loaded, "atomic", True):
                continue  # not to be undone, and so not to be tried
            try:
                loaded.up(migrator, database)
            except Exception as error:
                return f"{migration.name} cannot run again: {str(error).strip()}"
    secure_all(database, subject.modules)  # as every migration ends
    return None


def _differences(when: str, before: frozenset[str], after: frozenset[str]) -> Iterator[str]:
    for line in sorted(after - before):
        yield f"{when} added {line[:200]}"
    for line in sorted(before - after):
        yield f"{when} removed {line[:200]}"


@rule("models")
def models(subject: Subject) -> Iterator[str]:
    """The tables that migrations make are those that models.py describes.

    Write a further migration for what models.py says now (a released one is never changed), or put
    models.py right. A column that no model knows has to be nullable or to have a default.
    """
    if not subject.models:
        return
    if subject.runtime is None:
        raise NotChecked("the database has to be migrated first: see the rule 'migrations'")
    key = subject.key
    with _rolled_back(subject.runtime.urls.owner) as database:
        migrated = tables_of(database, key)
        database.execute_sql(f"ALTER SCHEMA {key} RENAME TO {_ASIDE}")
        create_tables(database, subject.models)
        described = tables_of(database, key)
    for model in subject.models:
        name = table_of(model)
        table = name.partition(".")[2]
        if table not in migrated:
            yield f"no migration makes {name}"
            continue
        yield from _columns(name, migrated[table], described[table])
        yield from _keys(name, migrated[table], described[table])


def _columns(name: str, migrated: Table, described: Table) -> Iterator[str]:
    for column, wanted in described.columns.items():
        found = migrated.columns.get(column)
        if found is None:
            yield f"{name} has no column {column}, which models.py says is {wanted}"
        elif not _agree(found, wanted):
            yield f"{name}.{column} is {found}, and models.py says {wanted}"
    for column, found in migrated.columns.items():
        filled = found.filled and found.default is None and not found.generated
        if column not in described.columns and filled:
            yield f"{name}.{column} is {found}, and models.py does not know it"


def _agree(found: Column, wanted: Column) -> bool:
    """Whether a column is what its model says; a default that no model states may be there."""
    if wanted.default is not None and found.default != wanted.default:
        return False
    return (found.type, found.collation, found.filled, found.generated) == (
        wanted.type,
        wanted.collation,
        wanted.filled,
        wanted.generated,
    )


def _keys(name: str, migrated: Table, described: Table) -> Iterator[str]:
    for key in sorted(described.keys - migrated.keys):
        yield f"{name} lacks what models.py says: {key}"
    for key in sorted(migrated.keys - described.keys):
        if key.startswith("UNIQUE"):
            yield f"{name} has what models.py does not say: {key}"


@rule("walls")
def walls(subject: Subject) -> Iterator[str]:
    """Row-level security, policies, grants, keys and indexes are as the core makes them.

    These are the lints of sparx check, on the tables of the module. Let tables be TenantModels
    that sparx_models returns, made by create_tables, and do not touch what the core put around
    them.
    """
    if subject.runtime is None:
        raise NotChecked("the database has to be migrated first: see the rule 'migrations'")
    database = PostgresqlDatabase(subject.runtime.urls.app)
    try:
        for finding in run_lints(database, subject.modules):
            if finding.object == subject.key or finding.object.startswith(f"{subject.key}."):
                yield str(finding)
    finally:
        database.close()

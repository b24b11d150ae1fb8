"""Migrations: numbered files per module, a history per schema, then the walls of every table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources import as_file, files

from peewee import Database, PostgresqlDatabase
from playhouse.migrations import Migration, Runner

from sparx_core.audit.tables import audited_tables, parent_tables
from sparx_core.db.audit import install_audit
from sparx_core.db.counts import count_rows
from sparx_core.db.custom_fields import keep_custom_uniques
from sparx_core.db.hits import install_hits
from sparx_core.db.models import table_of
from sparx_core.db.search import install_search
from sparx_core.db.tables import create_indexes, predicate_of, secure, secure_table
from sparx_core.db.term_search import install_term_searches
from sparx_core.db.urls import DatabaseUrls
from sparx_core.modules import Module
from sparx_core.money import currency_digits
from sparx_core.registry import Registry
from sparx_core.search.functions import hit_functions

HISTORY = "migrations"
#: The advisory lock under which one process at a time migrates; any constant of our own.
_LOCK = 0x5350415258

#: The core's functions, in the order in which they are applied. Each script takes what it makes
#: away from PUBLIC and grants it to the roles that it is for.
SCRIPTS = (
    "search_text.sql",
    "kernel.sql",
    "sandbox.sql",
    "dispatch.sql",
    "schedules.sql",
    "retention.sql",
    "metrics.sql",
    "idempotency.sql",
    "origins.sql",
    "deprecation.sql",
    "audit.sql",
    "jobs.sql",
    "webhook_subscriptions.sql",
    "fan_out.sql",
    "webhooks.sql",
    "webhook_attempts.sql",
    "feed.sql",
    "privacy.sql",
    "members.sql",
    "custom_fields.sql",
    "days.sql",
    "trash.sql",
    "links.sql",
    "search.sql",
)

Report = Callable[[str], None]


def migrate(
    registry: Registry, urls: DatabaseUrls, report: Report = lambda line: None
) -> list[str]:
    """Bring the database to the state that the installed modules need; what was applied.

    Safe to run twice and from two processes at once: the second waits and finds nothing to do.
    """
    applied: list[str] = []
    with owner_connection(urls.owner) as database:
        database.execute_sql("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            for key, installed in registry.modules.items():
                database.execute_sql(f"CREATE SCHEMA IF NOT EXISTS {key}")
                # Also without tables: the serving role looks there for what is pending.
                database.execute_sql(f"GRANT USAGE ON SCHEMA {key} TO sparx_app")
                for name in _apply(database, installed.module, report):
                    applied.append(f"{key}/{name}")
                if key == "core":
                    _install_functions(database)
            secure_all(database, registry)
        finally:
            database.execute_sql("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return applied


def pending(registry: Registry, database: Database) -> list[str]:
    """Migrations of the installed modules that the database lacks: ``crm/0002_segments``."""
    missing = []
    for key, installed in registry.modules.items():
        table = database.execute_sql("SELECT to_regclass(%s)", (f"{key}.{HISTORY}",)).fetchone()[0]
        rows = database.execute_sql(f"SELECT name FROM {table}").fetchall() if table else []
        done = {name for (name,) in rows}
        missing += [f"{key}/{name}" for name in _names(installed.module) if name not in done]
    return missing


@contextmanager
def owner_connection(url: str) -> Iterator[PostgresqlDatabase]:
    """A connection that acts as ``sparx_owner``, who owns every object."""
    database = PostgresqlDatabase(url)
    database.connect()
    try:
        database.execute_sql("SET ROLE sparx_owner")
        # Migrations may take their time; a lock that is not to be had may not block the rest.
        database.execute_sql("SET lock_timeout = '5s'")
        yield database
    finally:
        database.close()


def _names(module: Module) -> list[str]:
    folder = module.migrations()
    if not folder.is_dir():
        return []
    with as_file(folder) as directory:
        return [migration.name for migration in Migration.load_directory(str(directory))]


def _apply(database: PostgresqlDatabase, module: Module, report: Report) -> list[str]:
    if not _names(module):
        return []
    with as_file(module.migrations()) as directory:
        runner = Runner(database, str(directory), table_name=HISTORY, schema=module.key)
        done = []
        for migration in runner.status():
            if migration.applied is None:
                report(f"{module.key}/{migration.name}")
                done += runner.up(migration.name)
        database.execute_sql(f"GRANT SELECT ON {module.key}.{HISTORY} TO sparx_app")
    return done


def _install_functions(database: PostgresqlDatabase) -> None:
    """Apply the core's functions if they are not the ones that this version ships."""
    folder = files("sparx_core.db")
    script = "".join(folder.joinpath(name).read_text() for name in SCRIPTS) + _currency_functions()
    digest = f"sparx functions {sha256(script.encode()).hexdigest()}"
    found = database.execute_sql(
        "SELECT obj_description('core'::regnamespace, 'pg_namespace')"
    ).fetchone()
    if found == (digest,):
        return
    with database.atomic():
        # Not through execute_sql's parameters: the script has percent signs of its own to keep.
        database.connection().cursor().execute(script)
        database.execute_sql(f"COMMENT ON SCHEMA core IS '{digest}'")


def _currency_functions() -> str:
    """Money's wire form, from the same ISO 4217 table that Python uses."""
    groups: dict[int, list[str]] = {}
    for code, digits in sorted(currency_digits().items()):
        groups.setdefault(digits, []).append(f"'{code}'")
    cases = " ".join(
        f"WHEN currency IN ({', '.join(codes)}) THEN {digits}"
        for digits, codes in sorted(groups.items())
        if digits != 2
    )
    return f"""
CREATE OR REPLACE FUNCTION core.currency_digits(currency text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE {cases} ELSE 2 END $$;

-- Ten-thousandths as a number with the digits of its currency: 23160000 USD is 2316.00.
CREATE OR REPLACE FUNCTION core.amount(amount bigint, currency text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT round(amount * 0.0001, core.currency_digits(currency)) $$;

-- Hundred-millionths with at least the digits of the currency: 289.50, but 0.0125.
CREATE OR REPLACE FUNCTION core.unit_price(price bigint, currency text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT round(price * 0.00000001,
    greatest(core.currency_digits(currency), min_scale(price * 0.00000001))) $$;
REVOKE ALL ON FUNCTION core.currency_digits(text), core.amount(bigint, text),
    core.unit_price(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.currency_digits(text), core.amount(bigint, text),
    core.unit_price(bigint, text) TO sparx_app;
"""


def secure_all(database: PostgresqlDatabase, registry: Registry) -> None:
    """The walls of every table, and what lists need: indexes, counts, searches."""
    secure_table(
        database, "core.tenants", predicate_of("core", key="id"), "SELECT", owner_access="ALL"
    )
    looked_into = registry.searched_tables() | parent_tables(registry)
    for key, model in registry.models.values():
        secure(database, model, key, searched=table_of(model) in looked_into)
    counted: dict[str, dict[str, None]] = {}
    for resource in registry.resources.values():
        if resource.exposed:
            table = table_of(resource.model)
            create_indexes(database, table, resource.listing.indexes())
        if resource.custom_fields:
            keep_custom_uniques(database, table_of(resource.model), resource.key)
        if resource.exposed and (resource.counted or resource.counted_by):
            by = (*resource.listing.counted, *resource.counted_by)
            counted.setdefault(table_of(resource.model), {}).update(dict.fromkeys(by))
    for table, name, indexed in registry.related_indexes():
        create_indexes(database, table, [(name, indexed)])
    for table, columns in counted.items():
        count_rows(database, table, tuple(columns))
    install_search(database, registry.search_functions())
    install_term_searches(database, registry.term_searches())
    install_hits(database, hit_functions(registry.resources.values()))
    install_audit(database, audited_tables(registry), registry.models)

"""DDL for tenant models: tables, keys that stay inside a tenant, indexes, the two walls.

Migrations call :func:`create_tables` with frozen models; after every migration run the core
calls :func:`secure` for each registered model, so no table can be served without its walls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from peewee import Database, Index, TextField

from sparx_core.db.fields import Reference, SequenceField
from sparx_core.db.models import TenantModel, TrashModel, table_of

#: One permissive policy a table, USING and WITH CHECK alike. The bare comparison isolates
#: tenants and keeps the planner's row estimates right. The function behind it, in a sub-select,
#: runs once a statement: it verifies the signed context and that the module is active. The second
#: comparison holds against a setting that is changed while the statement runs. It is a function
#: and no operator, because the planner would take "=" as another condition and expect a
#: thousandth of the rows.
POLICY = (
    "{key} = core.tenant_id() AND NOT uuid_ne({key}, (SELECT core.verified_tenant('{module}')))"
)


#: The rows that the owner may delete of any table: those of a sandbox that is being emptied.
EMPTIED = "tenant_id = (SELECT core.emptied_tenant())"


def predicate_of(module: str, key: str = "tenant_id") -> str:
    """The policy of a table of ``module``; ``key`` is the column that holds the tenant."""
    return POLICY.format(module=module, key=key)


def columns_of(model: type[TenantModel], names: Sequence[str]) -> list[str]:
    """Column names for field names, with ``tenant_id`` at the head."""
    meta: Any = model._meta
    columns = [meta.fields[name].column_name for name in names]
    return columns if columns[0] == "tenant_id" else ["tenant_id", *columns]


def references_of(model: type[TenantModel]) -> list[Reference]:
    meta: Any = model._meta
    return [field for field in meta.sorted_fields if isinstance(field, Reference)]


def indexes_of(model: type[TenantModel]) -> Iterator[tuple[str, list[str], bool]]:
    """(name, columns, unique) of every declared index; the tenant id leads in each.

    The names are what the server reports in a violation: ``customers_email_key``.
    """
    meta: Any = model._meta
    declared: list[tuple[tuple[str, ...], bool]] = [
        tuple(index) for index in meta.indexes if not isinstance(index, Index)
    ]
    declared += [((field.name,), field.unique) for field in meta.sorted_fields if field.unique]
    declared += [((field.name,), False) for field in meta.sorted_fields if field.index]
    declared += [((field.name,), False) for field in references_of(model)]
    seen: set[tuple[str, ...]] = set()
    for names, unique in declared:
        # An index serves the leading part of its columns as well.
        if any(found[: len(names)] == tuple(names) for found in seen):
            continue
        seen.add(tuple(names))
        columns = columns_of(model, names)
        name = f"{meta.table_name}_{'_'.join(columns[1:])}_{'key' if unique else 'idx'}"
        if not unique and len(columns) == 2:
            # Equal values in the order of the ids: that of a list that is narrowed to one.
            columns.append("id")
        yield name, columns, unique


def is_of_living(model: type[TenantModel], columns: Sequence[str]) -> bool:
    """Whether a unique index binds only the rows that are not in the trash."""
    meta: Any = model._meta
    counted = {one.column_name for one in meta.sorted_fields if isinstance(one, SequenceField)}
    return issubclass(model, TrashModel) and not counted.intersection(columns)


def has_living_key(model: type[TenantModel], column: str) -> bool:
    """Whether a column is unique among the rows that are not in the trash."""
    keys = (columns for _, columns, unique in indexes_of(model) if unique)
    return any(one[1:] == [column] and is_of_living(model, one) for one in keys)


def create_tables(database: Database, models: Sequence[type[TenantModel]]) -> None:
    """Create the tables of ``models`` with their keys and indexes; existing ones are left alone."""
    for model in models:
        for statement in _table_ddl(database, model):
            database.execute_sql(statement)


def create_indexes(
    database: Database, table: str, indexes: Iterable[tuple[str, Sequence[str]]]
) -> None:
    """Create indexes (name, columns as SQL) that are not there yet."""
    schema = table.partition(".")[0]
    for name, columns in indexes:
        # Looked up before, because CREATE INDEX waits for writers even if it does nothing.
        if database.execute_sql("SELECT to_regclass(%s)", (f"{schema}.{name}",)).fetchone()[0]:
            continue
        database.execute_sql(f"CREATE INDEX {name} ON {table} ({', '.join(columns)})")


def _table_ddl(database: Database, model: type[TenantModel]) -> Iterator[str]:
    meta: Any = model._meta
    table = table_of(model)
    yield f"CREATE SCHEMA IF NOT EXISTS {meta.schema}"
    columns = []
    for field in meta.sorted_fields:
        if isinstance(field, TextField) and field.collation is None:
            # By code point: the same order on every server, and prefixes are ranges of it.
            field.collation = '"C"'
        column, _ = database.get_sql_context().sql(field.ddl(database.get_sql_context())).query()
        columns.append(column)
    constraints = [
        "PRIMARY KEY (tenant_id, id)",
        *(constraint.sql for constraint in meta.constraints or ()),
        *(
            f"CONSTRAINT {meta.table_name}_{field.column_name}_fkey"
            f" FOREIGN KEY (tenant_id, {field.column_name})"
            f" REFERENCES {field.target} (tenant_id, id) ON DELETE {_on_delete(field)}"
            for field in references_of(model)
        ),
    ]
    yield f"CREATE TABLE IF NOT EXISTS {table} ({', '.join([*columns, *constraints])})"
    for name, indexed, unique in indexes_of(model):
        kind = "UNIQUE INDEX" if unique else "INDEX"
        living = " WHERE NOT trashed" if unique and is_of_living(model, indexed) else ""
        yield f"CREATE {kind} IF NOT EXISTS {name} ON {table} ({', '.join(indexed)}){living}"
    if issubclass(model, TrashModel):
        name = f"{meta.table_name}_trashed_idx"
        yield f"CREATE INDEX IF NOT EXISTS {name} ON {table} (tenant_id, id) WHERE trashed"


def _on_delete(field: Reference) -> str:
    # Without the column list, SET NULL would null tenant_id as well.
    if field.on_delete.upper() == "SET NULL":
        return f"SET NULL ({field.column_name})"
    return field.on_delete.upper()


#: Beside the tenant's policy, where rows have an owner: an actor who does not see the records of
#: everybody sees those of certain members. Asked once a statement, and cheap for each row; an
#: expression, and no operator, because the planner would take that for another narrow condition.
OWNED = (
    "coalesce({column} = ANY ((SELECT core.seen_owners())::uuid[]),"
    " (SELECT core.seen_owners()) IS NULL)"
)


def secure(
    database: Database, model: type[TenantModel], module: str, *, searched: bool = False
) -> bool:
    """Put the walls around a table and grant its use; True if anything had to change.

    The owner may read one that is ``searched``, for the sake of its search function.
    """
    meta: Any = model._meta
    owner = "ALL" if meta.owner_access else "SELECT" if searched else None
    changed = secure_table(
        database, table_of(model), predicate_of(module), meta.grants, owner_access=owner
    )
    return any([_secure_emptied(database, model, owner), _secure_owned(database, model), changed])


def _secure_emptied(database: Database, model: type[TenantModel], owner_access: str | None) -> bool:
    """Put up the policy under which a sandbox is emptied, unless the owner may delete anyway."""
    if owner_access == "ALL":
        return False
    # Where the owner reads all rows already, this must not be another condition of his reading.
    command = "DELETE" if owner_access == "SELECT" else "ALL"
    return _put_up(
        database, table_of(model), "emptied", f"FOR {command} TO sparx_owner USING ({EMPTIED})"
    )


def _secure_owned(database: Database, model: type[TenantModel]) -> bool:
    """Put up the policy of a table whose rows have an owner, if it is not there yet."""
    meta: Any = model._meta
    if meta.owned_by is None:
        return False
    rule = OWNED.format(column=meta.fields[meta.owned_by].column_name)
    stated = f"AS RESTRICTIVE FOR ALL TO sparx_app USING ({rule}) WITH CHECK ({rule})"
    return _put_up(database, table_of(model), "owned", stated)


def _put_up(database: Database, table: str, name: str, stated: str) -> bool:
    """Make a policy, unless it is there as it is ``stated``."""
    found = database.execute_sql(
        "SELECT obj_description(oid) FROM pg_policy WHERE polrelid = %s::regclass AND polname = %s",
        (table, name),
    ).fetchone()
    if found == (stated,):
        return False
    for statement in (
        f"DROP POLICY IF EXISTS {name} ON {table}",
        f"CREATE POLICY {name} ON {table} {stated}",
        f"COMMENT ON POLICY {name} ON {table} IS '{stated}'",
    ):
        database.execute_sql(statement)
    return True


def secure_table(
    database: Database, table: str, predicate: str, grants: str, *, owner_access: str | None = None
) -> bool:
    """ENABLE and FORCE row-level security with one policy for ``sparx_app``, and grant.

    ``owner_access`` ("ALL" or "SELECT") adds the policy under which the definer functions of the
    core, and the operator's commands, see the rows of all tenants: FORCE binds the owner as well.
    A table that is already right is not touched, because DDL would lock out its readers.
    """
    comment = f"sparx: {predicate} | {grants} | {owner_access}"
    found = database.execute_sql(
        "SELECT c.relrowsecurity AND c.relforcerowsecurity AND obj_description(p.oid) = %s"
        " FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenant'"
        " WHERE c.oid = %s::regclass",
        (comment, table),
    ).fetchone()
    if found and found[0]:
        return False
    schema = table.partition(".")[0]
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO sparx_app",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS tenant ON {table}",
        f"CREATE POLICY tenant ON {table} AS PERMISSIVE FOR ALL TO sparx_app"
        f" USING ({predicate}) WITH CHECK ({predicate})",
        f"COMMENT ON POLICY tenant ON {table} IS '{comment.replace(chr(39), chr(39) * 2)}'",
        f"DROP POLICY IF EXISTS owner ON {table}",
        *(
            [f"CREATE POLICY owner ON {table} FOR {owner_access} TO sparx_owner USING (true)"]
            if owner_access
            else []
        ),
        f"REVOKE ALL ON {table} FROM sparx_app",
        f"GRANT {grants} ON {table} TO sparx_app",
    ):
        database.execute_sql(statement)
    return True

"""Counting a tenant's rows as they are written, so that a list tells its exact total at once.

Triggers keep the numbers in ``core.row_counts``, whoever writes the rows: an operation, SQL of a
module, a cascade, an operator. They commit and roll back with the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from peewee import PostgresqlDatabase

_INSERT, _DELETE, _UPDATE, _TRUNCATE = "count_insert", "count_delete", "count_update", "count_none"


def count_rows(database: PostgresqlDatabase, table: str, columns: Sequence[str]) -> bool:
    """Count the rows of ``table`` by the values of ``columns``; True if that is new.

    Counts anew what is there, with writers locked out until it is done.
    """
    comment = f"sparx: {', '.join(columns)}"
    found = database.execute_sql(
        "SELECT obj_description(t.oid) = %s FROM pg_trigger t"
        " WHERE t.tgrelid = %s::regclass AND t.tgname = %s",
        (comment, table, _INSERT),
    ).fetchone()
    if found == (True,):
        return False
    with database.atomic():
        for statement in _triggers(table, columns, comment):
            database.execute_sql(statement)
        # For a moment its owner may see the rows of all tenants; nobody else can look meanwhile.
        database.execute_sql(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        database.execute_sql("DELETE FROM core.row_counts WHERE table_name = %s", (table,))
        database.execute_sql(
            "INSERT INTO core.row_counts (tenant_id, id, table_name, cell, row_count)"
            f" SELECT tenant_id, gen_random_uuid(), %s, cell, count(*)"
            f" FROM (SELECT tenant_id, {_cell(columns)} AS cell FROM {table}) AS counted"
            " GROUP BY tenant_id, cell",
            (table,),
        )
        database.execute_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    return True


def _triggers(table: str, columns: Sequence[str], comment: str) -> Iterator[str]:
    arguments = ", ".join(f"'{column}'" for column in columns)
    yield f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"
    for name in (_INSERT, _DELETE, _UPDATE, _TRUNCATE):
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
    for name, event, rows in ((_INSERT, "INSERT", "NEW"), (_DELETE, "DELETE", "OLD")):
        yield (
            f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed"
            f" FOR EACH STATEMENT EXECUTE FUNCTION core.count_rows({arguments})"
        )
    if columns:
        # A trigger for each row, because only such a one can look at the row before it is called.
        changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
        yield (
            f"CREATE TRIGGER {_UPDATE} AFTER UPDATE OF {', '.join(columns)} ON {table}"
            f" FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION core.recount_row({arguments})"
        )
    yield (
        f"CREATE TRIGGER {_TRUNCATE} AFTER TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION core.forget_rows()"
    )
    yield f"COMMENT ON TRIGGER {_INSERT} ON {table} IS '{comment}'"


def _cell(columns: Sequence[str]) -> str:
    pairs = ", ".join(f"'{column}', {column}" for column in columns)
    return f"jsonb_build_object({pairs})"

"""The triggers of tables whose rows have custom fields."""

from __future__ import annotations

from peewee import PostgresqlDatabase

#: When each calls the function: for rows that have values, or had some, and no others.
_TRIGGERS = {
    "custom_insert": "AFTER INSERT ON {table} FOR EACH ROW WHEN (NEW.custom <> '{{}}')",
    "custom_update": "AFTER UPDATE OF custom ON {table} FOR EACH ROW"
    " WHEN (OLD.custom IS DISTINCT FROM NEW.custom)",
    "custom_delete": "AFTER DELETE ON {table} FOR EACH ROW WHEN (OLD.custom <> '{{}}')",
}


def keep_custom_uniques(database: PostgresqlDatabase, table: str, resource: str) -> bool:
    """Have unique custom fields of a table's rows be unique; True if that is new."""
    found = database.execute_sql(
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = ANY (%s)",
        (table, list(_TRIGGERS)),
    ).fetchone()
    if found == (len(_TRIGGERS),):
        return False
    for name, when in _TRIGGERS.items():
        database.execute_sql(
            f"CREATE OR REPLACE TRIGGER {name} {when.format(table=table)}"
            f" EXECUTE FUNCTION core.keep_custom_uniques('{resource}')"
        )
    return True

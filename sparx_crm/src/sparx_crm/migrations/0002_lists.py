"""Indexes in the order of lists, and text that is compared by code point."""

from typing import Any

from peewee import Database

#: What lists need is made by the core after the migrations, in their place.
REPLACED = ("customers_type_idx", "orders_customer_id_idx", "orders_status_idx")
TEXTS = {
    "crm.customers": ("name", "email", "phone", "company", "type"),
    "crm.orders": ("status", "payment_status"),
}

_OTHERS = """
SELECT a.attname FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation
 WHERE a.attrelid = %s::regclass AND a.attname = ANY(%s) AND c.collname <> 'C'
 ORDER BY a.attnum
"""


def up(migrator: Any, db: Database) -> None:
    for index in REPLACED:
        db.execute_sql(f"DROP INDEX IF EXISTS crm.{index}")
    for table, columns in TEXTS.items():
        # Run again it finds nothing to change: a column that lists are counted by has a trigger,
        # and keeps its type then.
        others = db.execute_sql(_OTHERS, (table, list(columns))).fetchall()
        changes = ", ".join(f'ALTER COLUMN {one} TYPE text COLLATE "C"' for (one,) in others)
        if changes:
            db.execute_sql(f"ALTER TABLE {table} {changes}")

"""The numbers of rows that lists tell."""

from typing import Any

from peewee import BigIntegerField, Database, TextField

from sparx_core.db.fields import JsonField
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class RowCount(TenantModel):
    table_name = TextField()
    cell = JsonField()
    row_count = BigIntegerField()

    class Meta:
        schema = "core"
        table_name = "row_counts"
        indexes = ((("table_name", "cell"), False),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [RowCount])
    # Counted up in place: room on each page keeps the new versions of a row beside the old.
    db.execute_sql("ALTER TABLE core.row_counts SET (fillfactor = 50)")

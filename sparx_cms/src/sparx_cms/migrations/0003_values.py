"""The values of entries, to be found by an index."""

from pathlib import Path
from typing import Any

from peewee import Database, TextField

from sparx_core import Reference, TenantModel, check, create_tables


class FieldValue(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    stage = TextField(constraints=[check("stage IN ('draft', 'live')")])
    locale = TextField()
    term = TextField()

    class Meta:
        schema = "cms"
        table_name = "field_values"
        indexes = (
            (("stage", "locale", "term", "entry"), True),
            (("entry", "stage"), False),
        )


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [FieldValue])
    # Not through execute_sql's parameters: the script may have percent signs of its own.
    db.connection().cursor().execute(Path(__file__).with_suffix(".sql").read_text())

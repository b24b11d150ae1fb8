"""The functions that show entries, and what tells processes that a tenant's types changed."""

from pathlib import Path
from typing import Any

from peewee import Database


def up(migrator: Any, db: Database) -> None:
    # Not through execute_sql's parameters: the script may have percent signs of its own.
    db.connection().cursor().execute(Path(__file__).with_suffix(".sql").read_text())

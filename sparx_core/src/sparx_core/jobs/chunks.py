"""The pieces of files in the database. (Raw SQL: ``bytea`` does not travel as JSON.)"""

from __future__ import annotations

from uuid import UUID

from peewee import Database

from sparx_core.ids import uuid7

#: Bytes of a piece of a file that is sent.
PIECE_BYTES = 256 * 1024

_STORE = (
    "INSERT INTO core.job_chunks (id, job_id, part, position, data) VALUES (%s, %s, %s, %s, %s)"
)
_READ = "SELECT data FROM core.job_chunks WHERE job_id = %s AND part = %s AND position = %s"
_DROP = "DELETE FROM core.job_chunks WHERE job_id = %s AND part = %s"


def store_piece(database: Database, job: UUID, part: str, position: int, data: bytes) -> None:
    database.execute_sql(_STORE, (str(uuid7()), str(job), part, position, data))


def read_piece(database: Database, job: UUID, part: str, position: int) -> bytes | None:
    """A piece, None if there are not so many."""
    found = database.execute_sql(_READ, (str(job), part, position)).fetchone()
    return None if found is None else bytes(found[0])


def drop_pieces(database: Database, job: UUID, part: str) -> None:
    """Delete a file of a job."""
    database.execute_sql(_DROP, (str(job), part))

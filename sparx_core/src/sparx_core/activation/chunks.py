"""The archive of a module: rows of a table, some thousand at a time, as compressed JSON.

Every value is kept as the text that PostgreSQL writes and reads for its type: microseconds,
numbers, arrays and the very bytes of JSON come back as they were.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from peewee import Database

from sparx_core.activation.errors import ModuleStuck
from sparx_core.ids import uuid7
from sparx_core.json import encode

Row = dict[str, str | None]

#: A chunk is full at so many rows, or so many bytes before compression.
CHUNK_ROWS, CHUNK_BYTES = 2_000, 4 * 2**20
#: zlib's: twice as fast as the usual 6, and a tenth larger.
_LEVEL = 3

_INSERT = """
INSERT INTO core.archives
       (id, module, release, table_name, columns, position, row_count, data, checksum)
SELECT %s, %s, %s, %s, %s, coalesce(max(position), 0) + 1, %s, %s, %s
  FROM core.archives WHERE module = %s
"""
_LIST = """
SELECT id, release, table_name, columns, row_count, held FROM core.archives
 WHERE module = %s ORDER BY position
"""
_REPLACE = """
UPDATE core.archives SET release = %s, columns = %s, row_count = %s, data = %s, checksum = %s,
       held = %s, updated_at = now() WHERE id = %s
"""


@dataclass(frozen=True)
class Chunk:
    """Rows in the archive, without their data."""

    id: UUID
    release: str
    table: str
    columns: tuple[str, ...]
    row_count: int
    held: bool


class Packer:
    """Compresses rows as they come, so that no more than one fetch of them is in memory."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._bytes = 0
        self._compressor = zlib.compressobj(_LEVEL)
        self._parts = [self._compressor.compress(b"[")]

    @property
    def is_full(self) -> bool:
        return len(self.ids) >= CHUNK_ROWS or self._bytes >= CHUNK_BYTES

    def add(self, row_id: object, text: str) -> None:
        """``text`` is a row as JSON."""
        written = text.encode()
        self._bytes += len(written)
        self._parts.append(self._compressor.compress(b"," + written if self.ids else written))
        self.ids.append(str(row_id))

    def packed(self) -> bytes:
        return b"".join([*self._parts, self._compressor.compress(b"]"), self._compressor.flush()])


def store_chunk(
    database: Database,
    module: str,
    release: str,
    table: str,
    columns: Sequence[str],
    rows: Packer,
) -> None:
    """Put rows at the end of a module's archive. (Raw SQL: ``bytea`` does not travel as JSON.)"""
    data = rows.packed()
    described = (str(uuid7()), module, release, table, list(columns))
    parameters = (*described, len(rows.ids), data, sha256(data).hexdigest(), module)
    database.execute_sql(_INSERT, parameters)


def list_chunks(database: Database, module: str) -> list[Chunk]:
    """What a module has in the archive, in the order in which it came there."""
    return [
        Chunk(chunk, release, table, tuple(columns), rows, held)
        for chunk, release, table, columns, rows, held in database.execute_sql(
            _LIST, (module,)
        ).fetchall()
    ]


def count_archived(database: Database, module: str) -> int:
    counted = "SELECT coalesce(sum(row_count), 0) FROM core.archives WHERE module = %s"
    return int(database.execute_sql(counted, (module,)).fetchone()[0])


def read_text(database: Database, chunk: Chunk) -> str:
    """The rows of a chunk as a JSON list; ``ModuleStuck`` if it is not what was written."""
    read = "SELECT data, checksum FROM core.archives WHERE id = %s"
    data, checksum = database.execute_sql(read, (str(chunk.id),)).fetchone()
    if sha256(data).hexdigest() != checksum:
        raise ModuleStuck(f"the archive of {chunk.table} is damaged (chunk {chunk.id})")
    return zlib.decompress(data).decode()


def read_rows(database: Database, chunk: Chunk) -> list[Row]:
    rows: list[Row] = json.loads(read_text(database, chunk))
    return rows


def replace_chunk(
    database: Database, chunk: Chunk, release: str, rows: Sequence[Row], *, held: bool
) -> None:
    """Have ``rows`` in the place of a chunk's; without any it is deleted."""
    if not rows:
        delete_chunk(database, chunk)
        return
    columns = list(dict.fromkeys(name for row in rows for name in row))
    data = zlib.compress(encode(rows), _LEVEL)
    changes: tuple[Any, ...] = (release, columns, len(rows), data, sha256(data).hexdigest(), held)
    database.execute_sql(_REPLACE, (*changes, str(chunk.id)))


def delete_chunk(database: Database, chunk: Chunk) -> None:
    database.execute_sql("DELETE FROM core.archives WHERE id = %s", (str(chunk.id),))


def delete_archive(database: Database, module: str) -> None:
    """Delete all that a module has in the archive."""
    database.execute_sql("DELETE FROM core.archives WHERE module = %s", (module,))


def as_text(rows: Iterable[Mapping[str, str | None]]) -> str:
    """Rows as a JSON list, for PostgreSQL to read."""
    return encode(list(rows)).decode()


def as_values(rows: Iterable[Mapping[str, object]]) -> list[Row]:
    """Rows that a module's code made: its values as the text that PostgreSQL reads."""
    return [{name: _as_value(value) for name, value in row.items()} for row in rows]


def _as_value(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return encode(value).decode()
    return str(value)

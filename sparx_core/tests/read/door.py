"""Connections of the serving role, for what no request can do: stay open, or be rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime

#: A writer that has to wait for another does not wait, and fails.
_IMPATIENT = "SET LOCAL lock_timeout = '150ms'"


@contextmanager
def entered(installation: Runtime, key: str | None) -> Iterator[Any]:
    """A cursor in an open transaction in the key's tenant, rolled back unless it was committed.

    Without a key it is in no tenant.
    """
    connection = psycopg2.connect(installation.urls.app)
    try:
        with connection.cursor() as cursor:
            enter(cursor, key)
            yield cursor
    finally:
        connection.close()


def enter(cursor: Any, key: str | None) -> None:
    """Begin a transaction, as a request does."""
    cursor.execute(_IMPATIENT)
    if key is not None:
        known = parse_key(key)
        assert known is not None
        cursor.execute(
            "SELECT FROM core.authenticate(%s, %s, NULL, NULL)", (known.key_id, known.secret_hash)
        )
        assert cursor.rowcount == 1

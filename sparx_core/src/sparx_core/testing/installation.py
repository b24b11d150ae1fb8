"""The runtime of an installation under test: it keeps what would be made anew for every test.

A new connection knows nothing of the catalogue, and learning it takes PostgreSQL longer than most
tests take; and an application builds all its routes when it is made.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg2
from peewee import PeeweeException, PostgresqlDatabase

from sparx_core.runtime import Runtime
from sparx_core.testing.owner import Owner


@dataclass
class Installation(Runtime):
    """A runtime that keeps its application, a connection of the owner and one that sees all."""

    _owners: ExitStack = field(default_factory=ExitStack, init=False)
    _free: PostgresqlDatabase | None = field(default=None, init=False)
    _eye: Owner | None = field(default=None, init=False)

    @cached_property
    def app(self) -> Any:
        """The application; a test that needs one of its own makes it."""
        from sparx_core.app import create_app

        return create_app(self)

    @contextmanager
    def as_owner(self) -> Iterator[PostgresqlDatabase]:
        """The connection that is kept, unless it is in use: inside of such a block, or a thread."""
        if threading.current_thread() is not threading.main_thread():
            with super().as_owner() as database:
                yield database
            return
        kept, self._free = self._free, None
        if kept is None or not _answers(kept):
            kept = self._owners.enter_context(super().as_owner())
        # After a failure it is not kept: nobody knows in what state it is.
        yield kept
        self._free = kept

    @contextmanager
    def as_superuser(self) -> Iterator[Owner]:
        """The eye that is kept, as if it had just been opened."""
        eye, self._eye = self._eye, None
        eye = eye or Owner(self.urls.require_owner())
        yield eye
        try:
            eye.forget()
        except psycopg2.Error:
            eye.close()
        else:
            self._eye = eye

    def close(self) -> None:
        self._free = None
        self._owners.close()
        if self._eye is not None:
            self._eye.close()
            self._eye = None
        super().close()


def _answers(database: PostgresqlDatabase) -> bool:
    try:
        database.execute_sql("SELECT 1")
    except PeeweeException:
        return False
    return True

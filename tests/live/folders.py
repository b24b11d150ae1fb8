"""Folders for servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def server_folder() -> Iterator[Path]:
    """A temporary folder that servers of another system user can reach, as PostgreSQL is for root.

    Not pytest's: every start of a pytest closes the parent of those folders to other users, and
    that under the servers of a pytest that is running already.
    """
    with TemporaryDirectory(prefix="sparx-test-", ignore_cleanup_errors=True) as name:
        yield Path(name)

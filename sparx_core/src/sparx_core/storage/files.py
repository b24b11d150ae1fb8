"""What a module sees of storage: the files of the present tenant, and of nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sparx_core.storage.store import checked

if TYPE_CHECKING:
    from uuid import UUID

    from sparx_core.storage.store import Listed, Store


class Files:
    """The files of one tenant. Names are the module's own, ``cms/assets/<id>/original``: lower
    case, never anything that a client sent.

    Nothing of it belongs to a transaction: what was written stays if the transaction is rolled
    back, and what was deleted is gone. So write before the row that refers to it, and delete what
    no row refers to any more. All methods raise ``Unavailable`` where storage fails.
    """

    def __init__(self, tenant: UUID, store: Store | None = None) -> None:
        self._given = store
        self._prefix = f"{tenant}/"

    @property
    def _store(self) -> Store:
        if self._given is None:
            raise RuntimeError("this context has no storage")
        return self._given

    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        """Store a file, as a whole or not at all; how many bytes it has."""
        return self._store.write(self._prefix + checked(name), pieces)

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Its bytes from ``start`` to before ``end``, in pieces. Raises ``FileNotFoundError``."""
        return self._store.read(self._prefix + checked(name), start, end)

    def bytes_of(self, name: str) -> bytes:
        """All its bytes. Raises ``FileNotFoundError``."""
        return b"".join(self.read(name))

    def size(self, name: str) -> int | None:
        """How many bytes it has; None if there is none."""
        return self._store.size(self._prefix + checked(name))

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; those that are not there are gone already."""
        self._store.delete(self._prefix + checked(name) for name in names)

    def list(self, folder: str) -> Iterator[Listed]:
        """The files of a folder and its folders: ``cms/assets/``."""
        for one in self._store.list(self._prefix + folder):
            yield replace(one, name=one.name.removeprefix(self._prefix))

    def stored(self, name: str, tag: str) -> StoredFile | None:
        """A file to answer with, None if there is none; ``tag`` changes with its bytes."""
        size = self.size(name)
        return None if size is None else StoredFile(self, name, size, tag)


@dataclass(frozen=True)
class StoredFile:
    """A file that a request is answered with, piece by piece."""

    files: Files
    name: str
    size: int
    tag: str

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``end``."""
        return self.files.read(self.name, start, end)

"""The one interface of storage: bytes under a name, whole, in order, or a part of them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sparx_core.errors import Unavailable

#: Names are made by the server alone; one of anything else is a mistake of the program.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9._-]*)+")
_MAX_NAME = 512


class StorageError(Unavailable):
    """The storage does not answer, or not as it should."""


@dataclass(frozen=True)
class Listed:
    """A stored object: its name, its size in bytes, and when it was written."""

    name: str
    size: int
    written_at: datetime


class Store(ABC):
    """Where an installation keeps files. Any number of threads may share one.

    An object appears as a whole or not at all, and writing one again replaces it. All methods raise
    ``StorageError`` where the storage fails.
    """

    @abstractmethod
    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        """Store bytes under a name; how many there were. What ``pieces`` raises is raised, and
        nothing is stored.
        """

    @abstractmethod
    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``end``, in pieces. Raises ``FileNotFoundError``, here
        and not with the first piece.
        """

    @abstractmethod
    def size(self, name: str) -> int | None:
        """How many bytes there are; None if there is no such object."""

    @abstractmethod
    def delete(self, names: Iterable[str]) -> None:
        """Delete objects; those that are not there are gone already."""

    @abstractmethod
    def list(self, prefix: str) -> Iterator[Listed]:
        """The objects whose names begin with a prefix that ends with ``/``, in no order."""


def checked(name: str) -> str:
    """The name of an object, if it is one: no path out of where objects are."""
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise ValueError(f"{name[:64]!r} is no name of a stored object")
    return name

"""Storage in a folder of this machine, or of a file system that all machines share."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sparx_core.storage.store import Listed, StorageError, Store, checked

_PIECE = 256 * 1024
#: Of files that are being written. No name of an object ends like this, so none is listed.
_UNFINISHED = ".~"
_TRIES = 5


class LocalStore(Store):
    """One file an object, under its name. A file is written beside its place and moved there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        path = self.folder / checked(name)
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}{_UNFINISHED}")
        try:
            with _opened(unfinished) as file:
                size = sum(file.write(piece) for piece in pieces)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except OSError as error:
            raise _failed(error) from error
        finally:
            with suppress(OSError):
                unfinished.unlink()
        return size

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        try:
            file = (self.folder / checked(name)).open("rb")
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(name) from None
        except OSError as error:
            raise _failed(error) from error
        return _pieces(file, start, end)

    def size(self, name: str) -> int | None:
        try:
            return (self.folder / checked(name)).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _failed(error) from error

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            path = self.folder / checked(name)
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise _failed(error) from error
            self._prune(path.parent)

    def list(self, prefix: str) -> Iterator[Listed]:
        for folder, _, files in os.walk(self.folder / prefix):
            for file in files:
                if file.endswith(_UNFINISHED):
                    continue
                path = Path(folder, file)
                with suppress(FileNotFoundError):  # it was deleted meanwhile
                    told = path.stat()
                    written = datetime.fromtimestamp(told.st_mtime, UTC)
                    name = path.relative_to(self.folder).as_posix()
                    yield Listed(name, told.st_size, written)

    def _prune(self, folder: Path) -> None:
        """Remove folders that have become empty. One in which somebody writes now is made again."""
        with suppress(OSError):
            while folder != self.folder:
                folder.rmdir()
                folder = folder.parent


def _opened(path: Path) -> BinaryIO:
    """A new file, with its folders: another thread may be removing those, as they are empty."""
    for _ in range(_TRIES):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            return path.open("wb")
    raise FileNotFoundError(errno.ENOENT, "its folder was removed again and again")


def _pieces(file: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = None if end is None else end - start
        while left is None or left > 0:
            piece = file.read(_PIECE if left is None else min(_PIECE, left))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece


def _failed(error: OSError) -> StorageError:
    return StorageError(f"Files cannot be stored or read: {error.strerror}.")

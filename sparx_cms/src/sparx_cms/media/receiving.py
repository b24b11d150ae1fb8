"""The bytes of an upload, taken in piece by piece: each is stored, and noted in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from uuid import UUID

from sparx_cms.errors.media import UploadClosed, UploadOffset
from sparx_cms.media.places import new_part
from sparx_cms.models.assets import Upload
from sparx_cms.operations.uploads import open_upload
from sparx_core import Context, Files, NotFound, PayloadTooLarge, Unavailable

#: Bytes of a piece. If a connection breaks, what came since the last whole one is sent again.
PIECE_BYTES = 4 * 1024 * 1024

#: Opens a transaction of the client's, who was looked at.
Enter = Callable[[], AbstractContextManager[Context]]


class Receiver:
    """Takes in the bytes of one upload. No transaction is open while it waits for the client."""

    def __init__(self, enter: Enter, upload_id: UUID, limit: int) -> None:
        self._enter, self._upload_id, self._limit = enter, upload_id, limit

    def take(self, pieces: Iterable[bytes], offset: int) -> int:
        """Append bytes that begin at ``offset``; how many there are then in all. Raises
        ``UploadOffset`` where others were appended meanwhile, ``UploadClosed`` or
        ``PayloadTooLarge``; the pieces before stay.
        """
        for piece in pieces:
            self._refuse_large(offset + len(piece))
            offset = self._append(piece, offset)
        return offset

    def _append(self, piece: bytes, offset: int) -> int:
        with self._enter() as context:
            files = context.files
            _at(open_upload(context, self._upload_id), offset)
        name = new_part(self._upload_id)
        files.write(name, [piece])
        try:
            with self._enter() as context:
                upload = open_upload(context, self._upload_id)
                _at(upload, offset)
                received = offset + len(piece)
                context.update(upload, received=received, parts=[*upload.parts, name])
                context.finish()
        except (UploadOffset, UploadClosed, NotFound):  # somebody else was faster
            _forget(files, [name])
            raise
        return received

    def _refuse_large(self, size: int) -> None:
        if size > self._limit:
            raise _too_large(self._limit)


class Kept:
    """The bytes of a file that comes in one request, kept as the parts of an upload that is yet to
    be. Nothing in the database knows of them.
    """

    def __init__(self, files: Files, upload_id: UUID, limit: int) -> None:
        self.upload_id, self.parts, self.size = upload_id, list[str](), 0
        self._files, self._limit = files, limit

    def take(self, pieces: Iterable[bytes]) -> None:
        """Store all pieces. Raises ``PayloadTooLarge``."""
        for piece in pieces:
            self.size += len(piece)
            if self.size > self._limit:
                raise _too_large(self._limit)
            self.parts.append(new_part(self.upload_id))
            self._files.write(self.parts[-1], [piece])

    def forget(self) -> None:
        """Delete what is not needed."""
        _forget(self._files, self.parts)


def _at(upload: Upload, offset: int) -> None:
    received = int(upload.received)
    if received != offset:
        raise UploadOffset(received)
    size = upload.size
    if size is not None and received >= size:
        raise UploadOffset(received)


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The file is larger than {limit:,} bytes.")


def _forget(files: Files, names: Sequence[str]) -> None:
    with suppress(Unavailable):  # what stays is swept later
        files.delete(names)

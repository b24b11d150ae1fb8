"""Storage in a bucket of S3, or of a server that speaks as S3 does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import Any

from sparx_core.storage.store import Listed, StorageError, Store, checked

#: Larger objects are sent in parts of this size; S3 wants five million bytes at least.
_PART = 8 * 1024 * 1024
_PIECE = 256 * 1024
#: Objects of one request that deletes.
_MANY = 1000
_ABSENT = {"404", "NoSuchKey", "NotFound"}


@dataclass(frozen=True)
class Bucket:
    """Where a bucket is, and what opens it."""

    endpoint: str
    name: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)


class S3Store(Store):
    """Objects of one bucket, under their names. The server is the operator's, not a tenant's."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self._making = Lock()

    def write(self, name: str, pieces: Iterable[bytes]) -> int:
        parts = _parts(pieces)
        first, second = next(parts, b""), next(parts, None)
        with _told():
            if second is not None:
                return self._write_parts(checked(name), first, second, parts)
            self._client.put_object(Bucket=self.bucket.name, Key=checked(name), Body=first)
        return len(first)

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            return iter(())
        wanted = {} if not start and end is None else {"Range": _range(start, end)}
        with _told():
            found = self._client.get_object(Bucket=self.bucket.name, Key=checked(name), **wanted)
        return _pieces(found["Body"])

    def size(self, name: str) -> int | None:
        try:
            with _told():
                found = self._client.head_object(Bucket=self.bucket.name, Key=checked(name))
        except FileNotFoundError:
            return None
        return int(found["ContentLength"])

    def delete(self, names: Iterable[str]) -> None:
        left = map(checked, names)
        while some := list(islice(left, _MANY)):
            objects = [{"Key": name} for name in some]
            with _told():
                told = self._client.delete_objects(
                    Bucket=self.bucket.name, Delete={"Objects": objects, "Quiet": True}
                )
            if told.get("Errors"):
                raise StorageError("Files could not be deleted.")

    def list(self, prefix: str) -> Iterator[Listed]:
        with _told():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket.name, Prefix=prefix
            )
            for page in pages:
                for one in page.get("Contents", ()):
                    yield Listed(one["Key"], one["Size"], one["LastModified"])

    def _write_parts(self, name: str, first: bytes, second: bytes, rest: Iterator[bytes]) -> int:
        """An object that is too large for one request. Nothing is left of one that fails."""
        target = {"Bucket": self.bucket.name, "Key": name}
        upload = {"UploadId": self._client.create_multipart_upload(**target)["UploadId"]}
        made, size = [], 0
        try:
            for number, part in enumerate(_after(first, second, rest), 1):
                sent = self._client.upload_part(**target, **upload, PartNumber=number, Body=part)
                made.append({"PartNumber": number, "ETag": sent["ETag"]})
                size += len(part)
            self._client.complete_multipart_upload(
                **target, **upload, MultipartUpload={"Parts": made}
            )
        except BaseException:
            self._client.abort_multipart_upload(**target, **upload)
            raise
        return size

    @cached_property
    def _client(self) -> Any:
        # The library takes a third of a second to load: only who stores something does so.
        import boto3
        from botocore.config import Config

        with self._making:  # making a client is all that threads must not do at once
            return boto3.session.Session().client(
                "s3",
                endpoint_url=self.bucket.endpoint,
                region_name=self.bucket.region,
                aws_access_key_id=self.bucket.access_key,
                aws_secret_access_key=self.bucket.secret_key,
                config=Config(
                    connect_timeout=3,
                    read_timeout=15,
                    retries={"total_max_attempts": 3, "mode": "standard"},
                    max_pool_connections=32,
                    proxies={},
                    s3={"addressing_style": "path"},
                    # What came with newer versions of S3, and other servers do not know.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )


@contextmanager
def _told() -> Iterator[None]:
    """Failures of the library in the words of storage. Nothing of the answer is in them."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _ABSENT:
            raise FileNotFoundError from None
        raise StorageError("The storage refused a request.") from error
    except BotoCoreError as error:
        raise StorageError("The storage does not answer.") from error


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, in parts that may be sent as such."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= _PART:
            yield bytes(buffer[:_PART])
            del buffer[:_PART]
    if buffer:
        yield bytes(buffer)


def _after(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest


def _range(start: int, end: int | None) -> str:
    return f"bytes={start}-{'' if end is None else end - 1}"


def _pieces(body: Any) -> Iterator[bytes]:
    try:
        with _told():
            yield from body.iter_chunks(_PIECE)
    finally:
        body.close()

"""The routes on which files are sent: as a form, in one request, or after a reservation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import falcon
from falcon.media.multipart import BodyPart, MultipartParseError

from sparx_cms.media.receiving import PIECE_BYTES, Kept, Receiver
from sparx_cms.media.taking import take_in
from sparx_cms.models.assets import Upload
from sparx_cms.operations.assets import assets
from sparx_cms.operations.uploads import open_upload, reserve, uploads
from sparx_cms.schemas.assets import AboutSchema, FileName
from sparx_core import (
    ApiError,
    BadRequest,
    Context,
    Forbidden,
    NotFound,
    Runtime,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
    Values,
    answer_json,
    bearer,
    body_pieces,
    in_pieces,
    load,
    parse_uuid,
    rendered,
    uuid7,
)

_FORM = "multipart/form-data"
_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)", re.ASCII)
_READ = 64 * 1024
#: Bytes of a field of a form beside the file, and fields of it.
_FIELD_BYTES, _FIELDS = 16_384, 10


class FileAnnounced(AboutSchema):
    """The fields of a form beside the file, and the name of that."""

    filename = FileName(required=True)


class _Entrance:
    """Requests of keys that may send files."""

    name: str

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.limit = runtime.settings.max_upload_bytes

    def _enter(self, request: falcon.Request) -> Callable[[], AbstractContextManager[Context]]:
        """Opens transactions of the key of a request, as often as it takes."""
        key = bearer(request.get_header("Authorization"))
        request.context.operation = self.name

        @contextmanager
        def entered() -> Iterator[Context]:
            with self.runtime.as_key(
                key, request_id=request.context.id, operation=self.name
            ) as context:
                request.context.actor = str(context.actor)
                request.context.tenant = context.tenant.slug
                context.require("cms", "write:cms")
                if context.sees is not None:
                    raise Forbidden(
                        "A key that sees the records of certain members sends no files."
                    )
                yield context

        return entered


class Content(_Entrance):
    """``PUT /v1/cms/uploads/{id}/content``: the bytes of an upload, or some more of them.

    ``Content-Range: bytes 0-4194303/10485760`` says which; without it they are the first. Where a
    connection broke, ``received`` of the upload tells where to go on.
    """

    name = "cms.uploads.content"

    def on_put(self, request: falcon.Request, response: falcon.Response, id: str) -> None:
        enter = self._enter(request)
        with enter() as context:
            _no_parameters(request)
            upload = open_upload(context, _id(id))
        start = _start(request.get_header("Content-Range"), upload)
        receiver = Receiver(enter, upload.id, min(self.limit, int(upload.size or self.limit)))
        receiver.take(body_pieces(request, PIECE_BYTES), start)
        with enter() as context:
            found = context.find(Upload, upload.id)
            if found is None:
                raise NotFound
            answer_json(response, rendered(context, uploads, found))


class Form(_Entrance):
    """``POST /v1/cms/assets/upload``: a file with what is to be told of it, as a form that a page
    of a browser sends. The field ``file`` is the last one. Answers with the asset.
    """

    name = "cms.assets.upload"

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        enter = self._enter(request)
        with enter() as context:  # a stranger's file is not read
            _no_parameters(request)
            files = context.files
        if (request.content_type or "").partition(";")[0].strip().lower() != _FORM:
            raise UnsupportedMediaType(f"Send {_FORM}, with a field file.")
        values, file = _fields(request)
        kept = Kept(files, uuid7(), self.limit)
        try:
            kept.take(_bytes_of(file))
            with enter() as context:
                told = {**values, "id": kept.upload_id, "parts": kept.parts}
                upload = reserve(context, {**told, "received": kept.size})
                asset = take_in(context, upload)
                answer_json(response, rendered(context, assets, asset))
                context.finish()
        except Unavailable:
            raise  # it may have been stored nevertheless
        except ApiError:
            kept.forget()
            raise
        if not upload.parts:
            kept.forget()
        response.status = 201
        response.set_header("Location", f"/v1/cms/assets/{asset.id}")


def _no_parameters(request: falcon.Request) -> None:
    for name in request.params:
        told = {"parameter": name[:64]}
        raise BadRequest(f"Unknown query parameter {name[:64]!r}.", details=told)


def _start(header: str | None, upload: Upload) -> int:
    """Where the bytes of a request begin. ``BadRequest`` for a range that cannot be."""
    if header is None:
        return 0
    found = _RANGE.fullmatch(header.strip())
    if found is None:
        raise BadRequest("Content-Range must be like bytes 0-4194303/10485760.")
    first, last, size = found.groups()
    if int(last) < int(first) or (size != "*" and int(size) != upload.size):
        raise BadRequest("Content-Range is not one of this upload.")
    return int(first)


def _fields(request: falcon.Request) -> tuple[Values, BodyPart]:
    """What a form tells of its file, and the file, which is not read yet."""
    told: dict[str, Any] = {}
    try:
        for count, part in enumerate(request.get_media()):
            if count >= _FIELDS:
                break
            if part.name == "file":
                told["filename"] = part.filename or ""
                return load(FileAnnounced(), told), part
            told[str(part.name)] = _value(part)
    except (MultipartParseError, falcon.HTTPError, OSError):
        raise BadRequest("The form cannot be read.") from None
    raise ValidationFailed([("file", "Missing data for required field.")])


def _value(part: BodyPart) -> Any:
    """A field of a form: text, or languages as a JSON object."""
    data = part.stream.read(_FIELD_BYTES + 1)
    if len(data) > _FIELD_BYTES:
        raise BadRequest(f"The field {str(part.name)[:64]} is too long.")
    try:
        return json.loads(data) if data.lstrip().startswith(b"{") else data.decode()
    except (ValueError, RecursionError):
        raise BadRequest(f"The field {str(part.name)[:64]} cannot be read.") from None


def _bytes_of(part: BodyPart) -> Iterator[bytes]:
    def read() -> Iterator[bytes]:
        try:
            while piece := part.stream.read(_READ):
                yield piece
        except (MultipartParseError, falcon.HTTPError, OSError):
            raise BadRequest("The form ended early.") from None

    return in_pieces(read(), PIECE_BYTES)


def _id(given: str) -> UUID:
    found = parse_uuid(given)
    if found is None:
        raise NotFound
    return found


ROUTES = [("/v1/cms/uploads/{id}/content", Content), ("/v1/cms/assets/upload", Form)]

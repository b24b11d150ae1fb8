"""What jobs leave: the errors of rows, as a list, and files, which are answered piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon

from sparx_core.auth.keys import PresentedKey, bearer
from sparx_core.bulk.formats import CSV, MEDIA_TYPES
from sparx_core.context import Context
from sparx_core.errors import BadRequest, InvalidTransition, NotFound
from sparx_core.jobs.chunks import read_piece
from sparx_core.jobs.models import EXPORT, IMPORT, MADE, SUCCEEDED, Job, JobError
from sparx_core.jobs.operations import find_job
from sparx_core.json import encode
from sparx_core.read.page import DEFAULT_TAKE, MAX_TAKE
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.parameters import no_parameters

#: Rejected rows that are read at once.
_ROWS = 500


class JobErrors:
    """``GET /v1/jobs/{id}/errors``: what is wrong with rows, by line."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def on_get(self, request: falcon.Request, response: falcon.Response, id: str) -> None:
        request.context.operation = "core.jobs.errors"
        with _reading(self.runtime, request) as context:
            job = _readable(context, request, id)
            take, after = _page(request)
            found = _errors(context, job, after, take + 1)
            total = int(job.rows_failed)
        shown = [
            {"line": one.line, "field": one.field, "code": one.code, "message": one.message,
             "rowId": one.row_id}
            for one in found[:take]
        ]  # fmt: skip
        following = found[take - 1] if len(found) > take else None
        cursor = None if following is None else f"{following.line}-{following.place}"
        meta = {"failed": total, "per_page": take, "next_cursor": cursor}
        success(response, encode(shown), encode(meta))

    on_head = on_get


class JobFile:
    """``GET /v1/jobs/{id}/file``: what an export made, or the rows that an import refused, as they
    were sent, below the header of the file.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def on_get(self, request: falcon.Request, response: falcon.Response, id: str) -> None:
        request.context.operation = "core.jobs.file"
        key = bearer(request.get_header("Authorization"))
        with _reading(self.runtime, request) as context:
            job = _readable(context, request, id)
            no_parameters(request)
        if job.kind == EXPORT:
            if job.state != SUCCEEDED:
                raise InvalidTransition(f"The export is {job.state}.")
            response.content_length = int(job.bytes_total)
        elif job.kind != IMPORT:
            raise NotFound
        assert key is not None
        made = self._made if job.kind == EXPORT else self._rejected
        name = str(job.resource).replace(".", "-") + ("" if job.kind == EXPORT else "-rejected")
        response.content_type = MEDIA_TYPES[str(job.format)]
        response.set_header("Content-Disposition", f'attachment; filename="{name}.{job.format}"')
        response.set_header("Cache-Control", "no-store")
        response.stream = made(key, job)

    on_head = on_get

    def _made(self, key: PresentedKey, job: Job) -> Iterator[bytes]:
        """Each piece is read by a transaction of its own, so that a slow client holds none."""
        for position in range(int(job.chunks)):
            with self.runtime.as_key(key, read_only=True) as context:
                context.require(str(job.module), f"read:{job.module}")
                piece = read_piece(context.transaction.database, job.id, MADE, position)
            if piece is None:  # it was deleted meanwhile: the client sees that bytes are missing
                return
            yield piece

    def _rejected(self, key: PresentedKey, job: Job) -> Iterator[bytes]:
        header = job.cursor.get("raw", "") if job.format == CSV else ""
        if header:
            yield _line(header)
        after = (-1, 0)
        while True:
            with self.runtime.as_key(key, read_only=True) as context:
                context.require(str(job.module), f"read:{job.module}")
                found = _errors(context, job, after, _ROWS)
            yield b"".join(_line(one.sent) for one in found if one.sent)
            if len(found) < _ROWS:
                return
            after = (found[-1].line, found[-1].place)


def _line(text: str) -> bytes:
    return text.encode() if text.endswith("\n") else text.encode() + b"\n"


def _reading(runtime: Runtime, request: falcon.Request) -> Any:
    key = bearer(request.get_header("Authorization"))
    return runtime.as_key(key, read_only=True, request_id=request.context.id)


def _readable(context: Context, request: falcon.Request, id: str) -> Job:
    """A job whose rows the key may read."""
    request.context.actor, request.context.tenant = str(context.actor), context.tenant.slug
    job = find_job(context, id)
    context.require(str(job.module), f"read:{job.module}")
    return job


def _page(request: falcon.Request) -> tuple[int, tuple[int, int]]:
    take, after = DEFAULT_TAKE, (-1, 0)
    for name, value in request.params.items():
        if isinstance(value, list):
            raise _refused(name, f"{name[:64]} is given twice.")
        if name == "take":
            if not (_whole(value) and 1 <= int(value) <= MAX_TAKE):
                raise _refused(name, f"take must be a whole number from 1 to {MAX_TAKE}.")
            take = int(value)
        elif name == "cursor":
            line, _, place = value.partition("-")
            if not (_whole(line) and _whole(place)):
                raise _refused(name, "The cursor is not one of this API.")
            after = (int(line), int(place))
        else:
            raise _refused(name, f"Unknown query parameter {name[:64]!r}.")
    return take, after


def _whole(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10


def _refused(name: str, message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": name[:64]})


def _errors(context: Context, job: Job, after: tuple[int, int], take: int) -> list[Any]:
    line, place = after
    later = (JobError.line > line) | ((JobError.line == line) & (JobError.place > place))
    query = JobError.select().where(JobError.job == job.id, JobError.line >= line, later)
    return context.all(query.order_by(JobError.line, JobError.place).limit(take))

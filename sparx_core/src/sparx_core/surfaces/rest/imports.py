"""``POST <resource>/import``: takes in a file of any size, piece by piece, and starts a job.

No transaction is open while the client sends: each piece is stored by one of its own, and the
last one starts the job. So neither the client's pace nor the file's size holds anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

import falcon

from sparx_core.auth.keys import PresentedKey, bearer
from sparx_core.bulk.formats import CSV, NDJSON
from sparx_core.bulk.imports import ID
from sparx_core.bulk.items import Reader
from sparx_core.bulk.schemas import CREATE, UPDATE, UPSERT
from sparx_core.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType
from sparx_core.idempotency.claim import Claim
from sparx_core.jobs.chunks import PIECE_BYTES, store_piece
from sparx_core.jobs.models import IMPORT, QUEUED, SENT, Job
from sparx_core.jobs.operations import new_job
from sparx_core.resources import Operation, Values
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.body import length_of, refuse_encoded
from sparx_core.surfaces.rest.exports import accepted
from sparx_core.surfaces.rest.pieces import body_pieces
from sparx_core.surfaces.rest.preconditions import check_other
from sparx_core.surfaces.rest.replays import answer_of, replay

_FORMATS = {"text/csv": CSV, "application/x-ndjson": NDJSON}
_CHARSET = re.compile(r'\s*charset="?utf-?8"?\s*', re.IGNORECASE)
_MAPPING = re.compile(r"mapping\[(?P<header>.+)\]", re.DOTALL)
_DELIMITERS = {",": ",", ";": ";", "|": "|", "tab": "\t", "\t": "\t"}


class Importing:
    """The route of one resource's imports."""

    def __init__(self, runtime: Runtime, operation: Operation) -> None:
        assert operation.resource is not None
        self.runtime, self.operation = runtime, operation
        self.resource = operation.resource
        self.reader = Reader(self.resource)
        self.limit = runtime.settings.max_import_bytes

    def respond(self, request: falcon.Request, response: falcon.Response) -> None:
        request.context.operation = self.operation.name
        key = bearer(request.get_header("Authorization"))
        job = self._begin(key, request)
        assert key is not None
        try:
            pieces, size, digest = self._receive(key, job, request)
            if not size:
                raise BadRequest("The request has no body.")
            self._start(key, job.id, request, response, (pieces, size, digest))
        except BaseException:
            self._forget(key, job.id)
            raise

    def _begin(self, key: PresentedKey | None, request: falcon.Request) -> Job:
        """A job that waits for its file, for a client that may import what it says."""
        with self._entered(key, request) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            context.require(self.operation.module, self.operation.scope)
            options = self._options(request.params)
            check_other(request)
            refuse_encoded(request)
            chosen = _format(request.content_type)
            announced = length_of(request)
            if not announced and request.get_header("Transfer-Encoding") is None:
                raise BadRequest("The request has no body.")
            self._refuse_large(announced or 0)
            job = new_job(context, IMPORT, self.resource, chosen)
            job.dry_run, job.options = options.pop("dryRun"), options
            context.insert(job)
            context.finish()
        return job

    def _receive(
        self, key: PresentedKey, job: Job, request: falcon.Request
    ) -> tuple[int, int, bytes]:
        """How many pieces came, how many bytes, and their hash."""
        digest, pieces, size = sha256(), 0, 0
        for piece in body_pieces(request, PIECE_BYTES):
            size += len(piece)
            self._refuse_large(size)
            digest.update(piece)
            with self._entered(key, request) as context:
                context.require(self.operation.module, self.operation.scope)
                store_piece(context.transaction.database, job.id, SENT, pieces, piece)
            pieces += 1
        return pieces, size, digest.digest()

    def _start(
        self,
        key: PresentedKey,
        job_id: UUID,
        request: falcon.Request,
        response: falcon.Response,
        received: tuple[int, int, bytes],
    ) -> None:
        pieces, size, digest = received
        claim = self._claim(key, request, digest)
        with self._entered(key, request, claim) as context:
            context.require(self.operation.module, self.operation.scope)
            job = context.get(Job, job_id, lock=True)
            if claim is not None and (stored := claim.replay(context.claimed)) is not None:
                context.delete(job)
                context.finish()
                replay(response, stored)
                return
            context.update(job, state=QUEUED, chunks=pieces, bytes_total=size)
            accepted(context, response, job)
            if claim is not None:
                self.runtime.remember(claim, answer_of(response))

    def _forget(self, key: PresentedKey, job_id: UUID) -> None:
        """Leave nothing of a file that did not come whole; what is left here is swept later."""
        try:
            with self.runtime.as_key(key, operation=self.operation.name) as context:
                job = context.find(Job, job_id)
                if job is not None:
                    context.delete(job)
                    context.finish()
        except Exception:  # the client is told what was wrong before
            return

    def _entered(
        self, key: PresentedKey | None, request: falcon.Request, claim: Claim | None = None
    ) -> Any:
        return self.runtime.as_key(
            key, request_id=request.context.id, operation=self.operation.name, claim=claim
        )

    def _claim(self, key: PresentedKey, request: falcon.Request, digest: bytes) -> Claim | None:
        header = request.get_header("Idempotency-Key")
        if header is None:
            return None
        query = request.query_string.encode()
        path, media = request.path.encode(), (request.content_type or "").encode()
        return Claim.of(header, self.operation.name, key.secret_hash, path, query, media, digest)

    def _refuse_large(self, size: int) -> None:
        if size > self.limit:
            raise PayloadTooLarge(f"The file is larger than {self.limit:,} bytes.")

    # -- the query -------------------------------------------------------------------------

    def _options(self, params: Mapping[str, Any]) -> Values:
        """What the client chose; ``BadRequest`` names the parameter that is wrong."""
        modes = [verb for verb in (CREATE, UPDATE, UPSERT) if verb in self.reader.verbs]
        options: Values = {"mode": modes[0], "dryRun": False, "delimiter": ",", "mapping": {}}
        for name, value in params.items():
            if isinstance(value, list):
                raise _refused(name, f"{name[:64]} is given twice.")
            if "\0" in value or "\0" in name:
                raise _refused(name, f"{name[:64]} contains NUL.")
            header = _MAPPING.fullmatch(name)
            if header is not None:
                options["mapping"][header["header"]] = value
            elif name == "mode":
                options["mode"] = _one_of(name, value, {one: one for one in modes})
            elif name == "dryRun":
                options["dryRun"] = _one_of(name, value, {"true": True, "false": False})
            elif name == "delimiter":
                options["delimiter"] = _one_of(name, value, _DELIMITERS)
            elif name == "by":
                options["by"] = value
            else:
                raise _refused(name, f"Unknown query parameter {name[:64]!r}.")
        self._check_by(options)
        return options

    def _check_by(self, options: Values) -> None:
        mode, by = options["mode"], options.get("by")
        if mode == CREATE and by is not None:
            raise _refused("by", "mode=create finds no rows.")
        allowed = [*([ID] if mode == UPDATE else []), *self.reader.keys]
        if mode != CREATE and (by or ID) not in allowed:
            raise _refused("by", f"by must be one of {', '.join(allowed)}.")


def _format(content_type: str | None) -> str:
    media_type, _, parameters = (content_type or "").partition(";")
    found = _FORMATS.get(media_type.strip().lower())
    if found is None or (parameters and not _CHARSET.fullmatch(parameters)):
        raise UnsupportedMediaType(f"Send {' or '.join(_FORMATS)}, encoded as UTF-8.")
    return found


def _one_of(name: str, value: str, allowed: Mapping[str, Any]) -> Any:
    if value not in allowed:
        raise _refused(name, f"{name} must be one of {', '.join(map(repr, allowed))}.")
    return allowed[value]


def _refused(name: str, message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": name[:64]})

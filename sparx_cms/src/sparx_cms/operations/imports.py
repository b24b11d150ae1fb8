"""Imports of whole spaces: a file that was uploaded is placed by a job, task after task."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any
from uuid import UUID

from sparx_cms.errors.media import UploadClosed, UploadIncomplete
from sparx_cms.importing import read_space
from sparx_cms.importing.placing import LaterError, Placing
from sparx_cms.importing.shaping import CREATED, UNCHANGED, UPDATED
from sparx_cms.importing.tasks import Options, Task, tasks_of
from sparx_cms.media.places import parts_of
from sparx_cms.models.assets import COMPLETED, Upload
from sparx_cms.operations.uploads import open_upload
from sparx_cms.schemas.imports import (
    NOUNS,
    SpaceImportBody,
    SpaceImportSchema,
    SpaceImportStartedSchema,
)
from sparx_cms.types import forget_catalogue, forget_locales
from sparx_core import (
    ApiError,
    Context,
    Failure,
    Job,
    JobKind,
    NotFound,
    Progress,
    ValidationFailed,
    Values,
    attempt,
    operation,
    parse_uuid,
    start_job,
)

#: A file is read as a whole in every step: larger spaces are sent in several.
MAX_BYTES = 32 * 2**20
#: Tasks of one transaction.
AT_ONCE = 50
_FAILED = "failed"
#: What an import may do to a tenant: anything that its parts do.
_SCOPES = ("schema:cms", "write:cms", "publish:cms")


@operation(
    "POST",
    "/imports",
    name="imports.start",
    module="cms",
    scope="schema:cms",
    body=SpaceImportBody,
    answer=SpaceImportStartedSchema,
    raises=[ValidationFailed, NotFound, UploadClosed, UploadIncomplete],
)
def start_import(ctx: Context, data: Values) -> Values:
    """Import a file that was sent as an upload: an export of Sparx, one of Contentful, or JSON in
    the manner of Strapi. A job makes what is not there yet; what is there, known by its external
    id, is brought up to date. So the same file may be imported again, and creates nothing then.

    Files of media are fetched from where they are. References to what is neither in the file nor
    here are left out, and listed in the errors of the job. Needs `schema:cms`, `write:cms` and
    `publish:cms`; 32 MiB at most.
    """
    for scope in _SCOPES:
        ctx.require("cms", scope)
    try:
        upload = open_upload(ctx, data["upload"])
    except NotFound:
        raise ValidationFailed([("uploadId", "There is no such upload.")]) from None
    if upload.size is not None and upload.received != upload.size:
        raise UploadIncomplete(int(upload.received), int(upload.size))
    if upload.received > MAX_BYTES:
        raise ValidationFailed([("uploadId", f"Larger than {MAX_BYTES:,} bytes.")])
    ctx.update(upload, state=COMPLETED)
    options = {"uploadId": str(upload.id), "format": data["format"], "publish": data["publish"]}
    if "media_base" in data:
        options["mediaBase"] = data["media_base"]
    job = start_job(ctx, importing, "cms.entries", options)
    return {"jobId": str(job.id)}


@operation(
    "GET",
    "/imports/{id}",
    name="imports.get",
    module="cms",
    scope="read:cms",
    answer=SpaceImportSchema,
    raises=[NotFound],
)
def get_import(ctx: Context, id: str) -> Values:
    """What an import has done so far, by the id of its job."""
    row_id = parse_uuid(id)
    job = None if row_id is None else ctx.find(Job, row_id)
    if job is None or job.kind != importing.name:
        raise NotFound
    counts: dict[str, int] = job.cursor.get("counts", {})
    outcomes = (CREATED, UPDATED, UNCHANGED, _FAILED)
    told: Values = {
        noun: {outcome: counts.get(f"{noun}.{outcome}", 0) for outcome in outcomes}
        for noun in NOUNS
    }
    published = counts.get("published", 0)
    return {"jobId": str(job.id), "state": job.state, **told, "published": published}


def import_step(ctx: Context, job: Job) -> Progress:
    """Do the next tasks. What is refused of one leaves the others, and is listed."""
    upload = ctx.find(Upload, UUID(job.options["uploadId"]))
    if upload is None:
        raise NotFound("The file was deleted meanwhile.")
    content = b"".join(parts_of(ctx.files, upload))
    options = Options(job.options["publish"], job.options.get("mediaBase"))
    placing = Placing(read_space(job.options["format"], content), options)
    tasks = tasks_of(placing.space, options)
    begin = int(job.cursor.get("at", 0))
    counts, failures = Counter(job.cursor.get("counts", {})), []
    present = tasks[begin : begin + AT_ONCE]
    for number, task in enumerate(present, begin + 1):
        named = placing.called(task)
        try:
            outcome = attempt(ctx, partial(placing.do, ctx, task))
        except LaterError:
            continue
        except ApiError as error:
            failures.append(_failure(number, named, error))
            _count(counts, task, _FAILED)
            # What the refused task had changed of them is not so.
            forget_catalogue(ctx)
            forget_locales(ctx)
            continue
        failures += [_missing(number, named, one.external_id) for one in outcome.missing]
        _count(counts, task, outcome.what)
        counts["published"] += outcome.published
    done = begin + len(present) >= len(tasks)
    if done:
        ctx.delete(upload)
    return Progress(
        done=done,
        processed=len(present),
        succeeded=len(present) - len({one.line for one in failures}),
        failed=len(failures),
        failures=failures,
        changes={"cursor": {"at": begin + len(present), "counts": dict(counts)}},
    )


importing = JobKind("cms.import", import_step)


def _count(counts: Counter[str], task: Task, outcome: str) -> None:
    if task.noun is not None:
        counts[f"{task.noun}.{outcome}"] += 1


def _failure(number: int, named: str, error: ApiError) -> Failure:
    details: list[Any] = error.details if isinstance(error, ValidationFailed) else []
    where, told = (details[0]["field"], details[0]["message"]) if details else ("", error.text)
    return Failure(None, error.code, f"{named}: {told}", field=where, line=number)


def _missing(number: int, named: str, target: str) -> Failure:
    told = f"{named} refers to {target}, which is neither in the file nor here."
    return Failure(None, "unresolved_reference", told, line=number)

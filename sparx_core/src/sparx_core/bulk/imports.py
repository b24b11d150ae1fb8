"""A step of an import: some hundred rows of the file are written, each that can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from marshmallow import fields

from sparx_core.bulk.formats import CSV
from sparx_core.bulk.formats.lines import Lines, Place
from sparx_core.bulk.formats.rows import FileRow, columns_of, read_csv, read_header, read_ndjson
from sparx_core.bulk.items import Item, Outcome, Reader, refused
from sparx_core.bulk.journal import JobJournal
from sparx_core.bulk.run import Run
from sparx_core.bulk.schemas import CREATE, UPDATE, UPSERT
from sparx_core.bulk.trial import Trial
from sparx_core.context import Context
from sparx_core.errors import ApiError, NotFound, ValidationFailed
from sparx_core.fields import Id
from sparx_core.ids import parse_uuid, uuid7
from sparx_core.jobs.chunks import drop_pieces, read_piece
from sparx_core.jobs.models import SENT, Job, JobError
from sparx_core.jobs.steps import STEP_BYTES, STEP_ROWS, Progress
from sparx_core.read.view import Views
from sparx_core.resources import Kind, Resource

#: What tells the row of an update or upsert, if no other field is named.
ID = "id"


@dataclass(frozen=True)
class Plan:
    """How rows of a file are understood: ``mode``, and the field ``by`` which rows are found."""

    reader: Reader
    mode: str
    by: str

    @classmethod
    def of(cls, job: Job, resource: Resource) -> Plan:
        return cls(Reader(resource), job.options["mode"], job.options.get("by", ID))

    def fields(self) -> Mapping[str, fields.Field[Any]]:
        """What a row may hold, by wire name."""
        kinds = {CREATE: [Kind.CREATE], UPDATE: [Kind.UPDATE]}.get(
            self.mode, [Kind.CREATE, Kind.UPDATE]
        )
        found: dict[str, fields.Field[Any]] = {}
        for kind in kinds:
            declared = self.reader.forms[kind].schema.load_fields.values()
            found |= {str(one.data_key): one for one in declared}
        if self.mode == UPDATE and self.by == ID:
            found[ID] = Id()
        if self.mode == UPSERT:
            found.pop("version", None)
        return found

    def skipped(self, views: Views) -> frozenset[str]:
        """What the API shows of the resource and computes itself: a file that was exported holds
        it, and it is passed over.
        """
        shown = views.resource(self.reader.resource.key).names
        return frozenset(shown) - self.fields().keys()

    def item(self, row: FileRow) -> Item:
        """The row as something to do; an ``ApiError`` says why it is nothing."""
        if row.error is not None:
            raise row.error
        if not isinstance(row.data, dict):
            raise ValidationFailed([("", "Must be a JSON object.")])
        data = row.data
        if self.mode == CREATE:
            return self.reader.validated(Item(row.line, CREATE, data=data), CREATE)
        if self.by == ID:
            row_id = parse_uuid(str(data.get(ID)))
            if row_id is None:
                raise NotFound
            values = {name: value for name, value in data.items() if name != ID}
            return self.reader.validated(Item(row.line, UPDATE, id=row_id, data=values), UPDATE)
        key = self.reader.keys[self.by]
        item = Item(row.line, self.mode, key=key, value=key.value(data), data=data)
        return item if self.mode == UPSERT else self.reader.validated(item, UPDATE)


def import_step(ctx: Context, job: Job) -> Progress:
    """Write the next rows. ``ValidationFailed`` or ``BadRequest`` if the whole file is wrong."""
    resource = ctx.registry.resources[str(job.resource)]
    plan = Plan.of(job, resource)
    cursor = dict(job.cursor)
    place = Place(**cursor.get("place", {}))
    lines = Lines(partial(read_piece, ctx.transaction.database, job.id, SENT), place)
    rows = list(_some(_rows(ctx, job, plan, lines, cursor)))
    step = int(cursor.get("step", 0)) + 1
    outcomes = _outcomes(ctx, job, plan, rows, step)
    failed = [(row, outcomes[row.line]) for row in rows if outcomes[row.line].error is not None]
    ctx.insert_all(error for row, one in failed for error in _errors(job, row, one))
    done = len(rows) < STEP_ROWS and sum(len(row.raw) for row in rows) < STEP_BYTES
    after = rows[-1].after if rows else place
    if done:
        drop_pieces(ctx.transaction.database, job.id, SENT)
        after = Place(after.piece, after.offset, after.line, int(job.bytes_total))
    cursor |= {"place": asdict(after), "step": step}
    return Progress(
        done,
        processed=len(rows),
        succeeded=len(rows) - len(failed),
        failed=len(failed),
        size=after.done - place.done,
        changes={"cursor": cursor},
    )


def _rows(
    ctx: Context, job: Job, plan: Plan, lines: Lines, cursor: dict[str, Any]
) -> Iterator[FileRow]:
    skipped = plan.skipped(ctx.views)
    if job.format != CSV:
        return read_ndjson(lines, skipped)
    options = job.options
    if "header" not in cursor:
        header = read_header(lines, options["delimiter"])
        cursor["header"] = header.data
        cursor["place"] = asdict(header.after)
        cursor["raw"] = header.raw.decode("utf-8")
    columns = columns_of(cursor["header"], options["mapping"], plan.fields(), skipped)
    return read_csv(lines, options["delimiter"], columns)


def _some(rows: Iterator[FileRow]) -> Iterator[FileRow]:
    """As many rows as one step takes."""
    size = 0
    for number, row in enumerate(rows, 1):
        yield row
        size += len(row.raw)
        if number >= STEP_ROWS or size >= STEP_BYTES:
            return


def _outcomes(
    ctx: Context, job: Job, plan: Plan, rows: list[FileRow], step: int
) -> dict[int, Outcome]:
    """What became of each row, by its line."""
    items, outcomes = [], {}
    for row in rows:
        try:
            items.append(plan.item(row))
        except ApiError as error:
            outcomes[row.line] = refused(row.line, error)
    resource = plan.reader.resource
    if job.dry_run:
        trial = Trial(ctx, job, Run(ctx, resource), unique=plan.mode == CREATE)
        return outcomes | trial.try_out(items)
    journal = JobJournal(ctx, job, resource, step)
    return outcomes | Run(ctx, resource, journal=journal).carry_out(items)


def _errors(job: Job, row: FileRow, outcome: Outcome) -> Iterator[JobError]:
    """The errors of one row; the first has the row as it was sent."""
    error = outcome.error
    assert error is not None
    told = error.details if isinstance(error.details, list) else []
    problems = [(one["field"], one["message"]) for one in told if isinstance(one, dict)]
    for place, (field, message) in enumerate(problems or [("", error.text)]):
        sent = row.raw.decode("utf-8", "replace").replace("\0", "\ufffd") if place == 0 else None
        yield JobError(
            id=uuid7(),
            job=job.id,
            line=row.line,
            place=place,
            field=str(field)[:512],
            code=error.code,
            message=str(message),
            sent=sent,
        )

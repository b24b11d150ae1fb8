"""A step of an export: the next rows of a list become a piece of the file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sparx_core.bulk.formats import CSV
from sparx_core.bulk.formats.cells import cell_of
from sparx_core.context import Context
from sparx_core.errors import BadRequest
from sparx_core.jobs.chunks import store_piece
from sparx_core.jobs.models import MADE, Job
from sparx_core.jobs.steps import STEP_ROWS, Progress
from sparx_core.read.ordering import Cursor, Ordering
from sparx_core.read.own import Own, is_own
from sparx_core.read.page import Page, select_rows
from sparx_core.read.selection import MAX_RELATED_ROWS, related_rows
from sparx_core.read.view import Views
from sparx_core.resources import Resource
from sparx_core.surfaces.rest.query import NOBODYS, parse_page

#: Parameters of a list that say which page of it is wanted: an export is all of it.
OF_PAGES = ("take", "skip", "cursor", "sort")


@dataclass(frozen=True)
class Query:
    """The parameters of a list, kept to be asked again."""

    params: Mapping[str, Any]


def export_page(
    params: Mapping[str, Any], resource: Resource, views: Views, own: Own = NOBODYS
) -> Page:
    """The first page of an export, oldest first; ``BadRequest`` names the wrong parameter."""
    for name in OF_PAGES:
        if name in params:
            raise BadRequest(
                f"An export has no {name}: it is the whole list, oldest first.",
                details={"parameter": name},
            )
    page = parse_page(Query(params), resource, views, own)
    view = views.resource(resource.key)
    take = STEP_ROWS
    while take > 1 and related_rows(page.selection, view, views, take) > MAX_RELATED_ROWS:
        take //= 2
    return replace(page, ordering=Ordering(descending=False), take=take)


def export_step(ctx: Context, job: Job) -> Progress:
    """Append the next rows to the file. Rows that came after the job are not in it."""
    resource = ctx.registry.resources[str(job.resource)]
    views = ctx.views
    view = views.resource(resource.key)
    query = job.options["query"]
    page = export_page(query, resource, views, Own.of(ctx) if is_own(query, resource) else NOBODYS)
    after = job.cursor.get("after")
    if after is not None:
        page = replace(page, cursor=Cursor(UUID(after)))
    found = ctx.transaction.fetch_all(
        ("exported", resource.key, views.modules, page.shape, page.take),
        lambda: select_rows(view, views, page),
        page.slots,
    )
    # Ids grow with time: what is beyond the job's own was not there when it was asked for.
    rows = [text for text, row_id in found if row_id < job.id]
    names = [name for name, _ in page.selection.entries]
    content = _csv(rows, names, header=after is None) if job.format == CSV else _ndjson(rows)
    changes: dict[str, Any] = {}
    if content:
        store_piece(ctx.transaction.database, job.id, MADE, int(job.chunks), content)
        changes = {"chunks": job.chunks + 1, "bytes_total": job.bytes_total + len(content)}
    if found:
        changes["cursor"] = {"after": str(found[-1][1])}
    return Progress(
        done=len(found) < page.take or len(rows) < len(found),
        processed=len(rows),
        succeeded=len(rows),
        size=len(content),
        changes=changes,
    )


def _ndjson(rows: list[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def _csv(rows: list[str], names: list[str], *, header: bool) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if header:
        writer.writerow(names)
    for row in rows:
        value = json.loads(row, parse_float=Decimal)
        writer.writerow([cell_of(value[name]) for name in names])
    return text.getvalue().encode()

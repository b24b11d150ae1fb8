"""``POST <resource>/export``: starts a job that makes a file of a list."""

from __future__ import annotations

from typing import Any

import falcon

from sparx_core.bulk.exports import OF_PAGES, export_page
from sparx_core.bulk.formats import CSV, MEDIA_TYPES
from sparx_core.context import Context
from sparx_core.errors import BadRequest
from sparx_core.jobs.events import JobQueued
from sparx_core.jobs.models import EXPORT, QUEUED, Job
from sparx_core.jobs.operations import new_job, whole
from sparx_core.read.own import Own, is_own
from sparx_core.resources import Resource, prefix_of
from sparx_core.surfaces.calls import Call, Carried
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.query import NOBODYS, Chosen, expanded


def carry_export(call: Call, _: Chosen | None, context: Context) -> Carried:
    """Start an export. The query is that of the list; ``format`` says what the file is."""
    call.precondition(None)
    call.values()
    resource = call.operation.resource
    assert resource is not None
    query = dict(call.params)
    chosen = query.pop("format", CSV)
    if not isinstance(chosen, str) or chosen not in MEDIA_TYPES:
        told = f"format must be one of {', '.join(MEDIA_TYPES)}."
        raise BadRequest(told, details={"parameter": "format"})
    query = _checked(context, resource, query)
    job = new_job(context, EXPORT, resource, chosen)
    job.state, job.options = QUEUED, {"query": query}
    context.insert(job)
    return queued(context, job)


def _checked(context: Context, resource: Resource, query: dict[str, Any]) -> dict[str, Any]:
    """The query as the steps of the job ask it: a saved view is what it is now."""
    views = context.views
    own = Own.of(context) if is_own(query, resource) else NOBODYS
    page = export_page(query, resource, views, own)
    for scope in sorted(page.scopes(views.resource(resource.key), views)):
        context.require(scope.partition(":")[2], scope)
    whole_query, _ = expanded(query, resource, own)
    return {name: one for name, one in whole_query.items() if name not in OF_PAGES}


def queued(context: Context, job: Job) -> Carried:
    """Queue a job and answer with it, and with where it can be looked at."""
    context.emit(JobQueued(job))
    rendered = context.finish(whole(context, job))
    assert rendered is not None
    place = f"{prefix_of('core')}/jobs/{job.id}"
    return Carried(rendered.text.encode(), status=202, location=place)


def accepted(context: Context, response: falcon.Response, job: Job) -> None:
    """:func:`queued` over HTTP."""
    done = queued(context, job)
    response.status = done.status or 202
    response.set_header("Location", str(done.location))
    success(response, done.data)

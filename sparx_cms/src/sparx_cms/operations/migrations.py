"""Migrations: what is to be done to all entries of a type, as a job."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from sparx_cms.models.content_types import ContentType
from sparx_cms.models.entries import Entry
from sparx_cms.operations.content_types import SCOPE, content_types
from sparx_cms.operations.drafts import save_draft
from sparx_cms.operations.sweeping import each_entry
from sparx_cms.schemas.migrations import MigrationSchema, MigrationStartedSchema
from sparx_cms.types import content_type, load_values, locales
from sparx_cms.types.definitions import TypeDefinition
from sparx_cms.types.migrating import SET, Migration, checked_steps
from sparx_core import (
    Context,
    Job,
    JobKind,
    NotFound,
    Progress,
    Shown,
    ValidationFailed,
    Values,
    start_job,
)


@content_types.action(
    "migrations",
    body=MigrationSchema,
    answer=MigrationStartedSchema,
    raises=[ValidationFailed],
)
def migrate_entries(ctx: Context, row: ContentType, data: Values) -> Shown:
    """Change the drafts of all entries of a content type, by a job: `ops` are done one after the
    other on each. What is live stays as it is until it is published again. A value that a field
    cannot take leaves its entry as it was, and is listed in the errors of the job.

    Doing the same again changes nothing; a job whose worker was killed goes on where it was.
    """
    type = content_type(ctx, row.id)
    if type.is_component:
        raise ValidationFailed([("ops", "A component has no entries of its own.")])
    steps = checked_steps(type, [_by_name(one) for one in data["ops"]])
    for place, step in enumerate(steps):
        if step["op"] == SET:
            step["value"] = _set_value(ctx, type, step, place)
    options = {"contentType": type.key, "typeId": str(type.id), "ops": steps}
    job = start_job(ctx, migration, content_types.key, options)
    return Shown(row, {"jobId": str(job.id)})


content_types.demand("migrations", scope=SCOPE)


def migration_step(ctx: Context, job: Job) -> Progress:
    """Migrate some entries."""
    type = content_type(ctx, UUID(job.options["typeId"]))
    plan = Migration(type, job.options["ops"])
    if plan.fields - type.by_id.keys():
        raise NotFound("A field of the migration was deleted meanwhile.")
    return each_entry(ctx, job, [type.id], partial(_migrate, ctx, type, plan))


migration = JobKind("cms.migration", migration_step)


def _migrate(ctx: Context, type: TypeDefinition, plan: Migration, entry: Entry) -> None:
    known = locales(ctx)
    document = plan.apply(entry.draft, entry.locales, known.chain(known.default))
    save_draft(ctx, entry, type, document, kind="migrated")


def _by_name(step: Values) -> Values:
    """A step as jobs keep it."""
    return {"from" if name == "source" else name: value for name, value in step.items()}


def _set_value(ctx: Context, type: TypeDefinition, step: Values, place: int) -> object:
    """The value that is set, as documents hold it."""
    field = type.by_id[step["to"]]
    own = locales(ctx).default
    try:
        part = load_values(ctx, type, {field.key: step["value"]}, own)
    except ValidationFailed as error:
        told = [(("ops", place, "value"), one["message"]) for one in error.details]
        raise ValidationFailed(told) from None
    return next(iter(part[field.id].values()))

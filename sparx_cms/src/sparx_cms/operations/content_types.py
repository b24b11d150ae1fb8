"""Content types: created, changed as a plan that can be looked at first, and deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from peewee import SQL, Function

from sparx_cms.errors.content_types import FieldNotOmitted, FieldTypeChange, TypeInUse
from sparx_cms.events.content_types import TypeCreated, TypeDeleted, TypeUpdated
from sparx_cms.models.content_types import ACTIVE, COLLECTION, ContentType
from sparx_cms.models.entries import Entry
from sparx_cms.operations.sweeping import start_purge
from sparx_cms.schemas.content_types import (
    ContentTypeChangesSchema,
    ContentTypeSchema,
    NewContentTypeSchema,
    TypePlanSchema,
)
from sparx_cms.types.catalogue import Catalogue, catalogue_of, forget_catalogue
from sparx_cms.types.changing import DELETED, NARROWING, FieldChange, changes_of
from sparx_cms.types.checking import completed, unknown_ids
from sparx_cms.types.containing import containing, referring
from sparx_cms.types.designing import (
    active,
    checked_catalogue,
    named_field,
    renamed_pattern,
    stored_columns,
)
from sparx_cms.types.impact import impact
from sparx_core import Conflict, Context, Resource, Shown, ValidationFailed, Values, uuid7

MAX_TYPES = 250
SCOPE = "schema:cms"


class ContentTypes(Resource):
    """The types, which say what entries mean: for everybody to read who may read at all."""

    place, shared = "content-types", True


content_types = ContentTypes(
    "content_types",
    ContentType,
    ContentTypeSchema,
    filters=("key", "kind", "state", "builtIn"),
    sorts=("key", "name", "createdAt"),
    bulk=False,
)


@content_types.create(
    body=NewContentTypeSchema, emits=[TypeCreated], raises=[ValidationFailed, Conflict]
)
def create_content_type(ctx: Context, data: Values) -> ContentType:
    """Create a content type: a `collection` of entries, a `singleton`, of which there is one entry,
    or a `component`, which fields of others hold. Fields get their ids here.

    `conflict` if another one has the key, or there are 250.
    """
    rows = _all_types(ctx)
    if len(rows) >= MAX_TYPES:
        raise Conflict(f"There are {MAX_TYPES} content types, and there can be no more.")
    sent = data.get("fields", [])
    _refuse_unknown(sent, [])
    fields = completed(sent, [])
    values = {
        "id": uuid7(),
        "plural_name": data["name"],
        "description": None,
        "icon": None,
        "kind": COLLECTION,
        "url_pattern": None,
        "stages": [],
        **data,
        "state": ACTIVE,
        "built_in": False,
        "schema_version": 1,
        "display_field": named_field(data.get("display_field"), fields),
        "fields": fields,
    }
    checked_catalogue(ctx, rows, values)
    row = ctx.insert(ContentType(**values))
    ctx.emit(TypeCreated(row))
    forget_catalogue(ctx)
    return row


@content_types.update(
    body=ContentTypeChangesSchema,
    answer=TypePlanSchema,
    emits=[TypeUpdated],
    raises=[ValidationFailed, Conflict, FieldNotOmitted, FieldTypeChange, TypeInUse],
)
def update_content_type(ctx: Context, row: ContentType, data: Values) -> Shown:
    """Change a content type; absent details stay. `fields` are all of them in their new order: one
    that is left out, and was `omitted` before, is deleted for ever; of those that stay, what is
    absent stays as well. Entries are not touched: what is live stays live, and what does not fit
    any more is refused when it is published.

    The answer tells what changes and how many entries would not fit; with `dryRun` that is all that
    happens.
    """
    rows = _all_types(ctx)
    before = catalogue_of(rows)
    dry = data.pop("dry_run", False)
    values = _changed(row, data)
    after = checked_catalogue(ctx, rows, values)
    changes = changes_of(row.fields, values["fields"])
    if values["key"] != row.key:
        _refuse_used(ctx, before, row)
    if values["fields"] != row.fields:
        values["schema_version"] = int(row.schema_version) + 1
    plan = {
        "applied": not dry,
        "changes": [_told(one) for one in changes],
        "impact": _impact(ctx, before, after, row, changes),
        "purgeJobId": None,
    }
    if not dry and stored_columns(row) != values:
        ctx.update(row, **{name: value for name, value in values.items() if name != "id"})
        ctx.emit(TypeUpdated(row))
        forget_catalogue(ctx)
        if any(one.change == DELETED for one in changes):
            plan["purgeJobId"] = str(start_purge(ctx, _holders(after, row)).id)
    return Shown(row, plan)


@content_types.delete(emits=[TypeDeleted], raises=[TypeInUse])
def delete_content_type(ctx: Context, row: ContentType) -> None:
    """Delete a content type that has no entries, and that no other type refers to."""
    _refuse_used(ctx, catalogue_of(_all_types(ctx)), row)
    ctx.delete(row)
    ctx.emit(TypeDeleted(row))
    forget_catalogue(ctx)


for verb in ("create", "update", "delete"):
    content_types.demand(verb, scope=SCOPE)


def _all_types(ctx: Context) -> list[ContentType]:
    """The tenant's types, which nobody else changes until the transaction ends: each is checked
    against the others.
    """
    ctx.transaction.take_turns("cms.content_types")
    found: list[ContentType] = ctx.all(ContentType.select().order_by(ContentType.key))
    return found


def _changed(row: ContentType, data: Values) -> Values:
    """All columns of a type as they will be."""
    values = {**stored_columns(row), **data}
    if "fields" in data:
        _refuse_unknown(data["fields"], row.fields)
        values["fields"] = completed(data["fields"], row.fields)
    if "url_pattern" not in data:
        values["url_pattern"] = renamed_pattern(row.url_pattern, row.fields, values["fields"])
    there = {one["id"] for one in active(values["fields"])}
    if "display_field" in data or row.display_field not in there:
        values["display_field"] = named_field(data.get("display_field"), values["fields"])
    return values


def _refuse_unknown(sent: Any, before: Any) -> None:
    problems = list(unknown_ids(sent, before, ("fields",)))
    if problems:
        raise ValidationFailed(problems)


def _refuse_used(ctx: Context, types: Catalogue, row: ContentType) -> None:
    counted = Entry.select(Function("count", (SQL("*"),)).alias("n"))
    entries = ctx.first(counted.where(Entry.content_type == row.id).dicts())["n"]
    others = referring(types, str(row.key))
    if entries or others:
        raise TypeInUse(entries, others)


def _impact(
    ctx: Context,
    before: Catalogue,
    after: Catalogue,
    row: ContentType,
    changes: list[FieldChange],
) -> Values:
    narrows = any(one.change in NARROWING for one in changes)
    return impact(ctx, before, after, _holders(after, row), narrows=narrows)


def _holders(types: Catalogue, row: ContentType) -> list[UUID]:
    """The types whose entries have values of a type's fields: itself, or those that hold it."""
    changed = types.by_id[row.id]
    holders = containing(types, changed.key) if changed.is_component else [changed]
    return [one.id for one in holders]


def _told(change: FieldChange) -> Values:
    return {"field": change.field, "change": change.change, "was": change.was}

"""Merges on the wire: what is asked for, what comes of it, and the log."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from peewee import SQL, Function, NodeList, Table

from sparx_core import (
    Choice,
    Computed,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    ResourceSchema,
    Scope,
    Timestamp,
)
from sparx_crm.models.merges import MERGE_MACHINE, MERGED_NOUNS

MAX_DUPLICATES = 20
_COUNTS = {"crm.orders": 2, "crm.deals": 1}


def merged_ids(model: Any) -> Computed:
    """The field of those that were merged into a customer or an account, oldest first."""

    def ids(scope: Scope) -> Any:
        other = Table(model._meta.table_name, schema=model._meta.schema, alias="merged")
        ordered = NodeList((other.c.id, SQL("ORDER BY"), other.c.id))
        listed = Function("coalesce", (Function("json_agg", (ordered,)), SQL("'[]'::json")))
        return other.select(listed).where(other.c.merged_into_id == scope.column("id"))

    return Computed(
        fields.List(Id()), ids, reads=[model], metadata={"detail": True, "nullable": False}
    )


class MergeRequestSchema(ObjectSchema):
    """Which rows are one. The first of `priority` that has a value for a field gives it; those
    that it does not name follow, `primaryId` first. `dryRun` tells what would come of it.
    """

    primary_id = Id(required=True)
    duplicate_ids = ListOf(Id(), minimum=1, maximum=MAX_DUPLICATES, required=True)
    priority = ListOf(Id(), maximum=MAX_DUPLICATES + 1)
    dry_run = Flag()


class MergeResultSchema(ObjectSchema):
    """What comes of a merge: how many rows of which tables refer to the primary one now, how many
    gave way to one that it has already, and the primary one as it is then. `mergeId` is null of a
    dry run.
    """

    merge_id = Id(allow_none=True)
    dry_run = Flag(required=True)
    primary_id = Id(required=True)
    duplicate_ids = fields.List(Id(), required=True)
    moved = fields.Dict(required=True, metadata={"example": _COUNTS})
    removed = fields.Dict(required=True, metadata={"example": {"crm.memberships": 1}})
    changed_fields = fields.List(fields.String(), required=True, metadata={"example": ["phone"]})
    primary = fields.Dict(required=True, metadata={"example": {"name": "Ann Lindgren"}})


class MergeSchema(ResourceSchema):
    """A merge that took place: of which resource, into which row, and how many rows of which tables
    were moved or gave way.
    """

    resource = Choice(*MERGED_NOUNS, dump_only=True)
    primary_id = Id(attribute="primary", dump_only=True)
    duplicate_ids = fields.List(fields.String(), attribute="duplicates", dump_only=True)
    status = Choice(*MERGE_MACHINE.states, dump_only=True)
    allowed_transitions = MERGE_MACHINE.allowed()
    moved = fields.Dict(dump_only=True, metadata={"example": _COUNTS})
    removed = fields.Dict(dump_only=True, metadata={"example": {"crm.memberships": 1}})
    changed_fields = fields.List(
        fields.String(), dump_only=True, metadata={"example": ["phone", "tags"]}
    )
    undone_at = Timestamp(dump_only=True)
    created_at = Timestamp(dump_only=True)

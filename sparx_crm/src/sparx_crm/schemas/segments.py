"""A segment on the wire, its members, and what a preview answers."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from peewee import SQL, NodeList

from sparx_core import (
    Choice,
    Computed,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    Related,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
    json_schema,
)
from sparx_crm.models.segments import SEGMENT_KINDS, SEGMENT_MACHINE, SegmentMember, SegmentRun
from sparx_crm.segments.rules import KINDS

_EXAMPLE = {
    "kind": "and",
    "children": [
        {"kind": "predicate", "field": "customer.totalSpent", "op": "gte", "value": 5000},
        {"kind": "predicate", "field": "customer.lastOrderAt", "op": "in_last_days", "value": 90},
    ],
}
_TOLD = (
    "Which customers are meant: a predicate (`field`, `op`, `value`), all (`and`) or one (`or`) of"
    " several `children`, or `not` a `child`. See the guide on segments."
)


class Rules(fields.Dict):
    """Rules about customers. The operation checks them: what there is depends on the tenant."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"example": _EXAMPLE})
        super().__init__(keys=fields.String(), **kwargs)


@json_schema.register
def _(field: Rules) -> dict[str, Any]:
    return {
        "type": "object",
        "description": _TOLD,
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "enum": list(KINDS)}},
        "examples": [_EXAMPLE],
    }


def _run(what: str) -> Any:
    """Something about the segment's run."""

    def sql(segment: Scope) -> Any:
        begin = SQL(f"(SELECT {what} FROM crm.segment_runs _x WHERE _x.segment_id =")
        return NodeList((begin, segment.column("id"), SQL(")")))

    return sql


def _count(segment: Scope) -> Any:
    begin = SQL("(SELECT count(*) FROM crm.segment_members _x WHERE _x.segment_id =")
    return NodeList((begin, segment.column("id"), SQL(")")))


def _recomputing(segment: Scope) -> Any:
    return NodeList((SQL("coalesce("), _run("_x.finished_at IS NULL")(segment), SQL(", false)")))


class SegmentSchema(ResourceSchema):
    """A group of customers by rules. A worker keeps the members of a dynamic one up to date."""

    name = Text(120, required=True, metadata={"example": "Big spenders"})
    description = Text(2000, allow_none=True, metadata={"example": "Spent 5000 or more."})
    color = fields.String(
        allow_none=True,
        validate=validate.Regexp(r"#[0-9A-Fa-f]{6}\Z"),
        metadata={"example": "#6366F1"},
    )
    rules = Rules(required=True)
    kind = Choice(*SEGMENT_KINDS, dump_only=True)
    status = Choice(*SEGMENT_MACHINE.states, dump_only=True)
    allowed_transitions = SEGMENT_MACHINE.allowed()
    built_in = Text(63, dump_only=True, metadata={"example": "high-value", "nullable": True})
    member_count = Computed(
        WholeNumber(),
        _count,
        reads=[SegmentMember],
        metadata={
            "detail": True,
            "nullable": False,
            "example": 0,
            "description": "As far as the worker is; see `recomputing`.",
        },
    )
    recomputing = Computed(
        Flag(),
        _recomputing,
        reads=[SegmentRun],
        metadata={
            "nullable": False,
            "description": "Whether a worker is looking at all customers.",
        },
    )
    computed_at = Computed(
        Timestamp(),
        _run("_x.finished_at"),
        reads=[SegmentRun],
        metadata={"description": "When all customers were looked at the last time."},
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class NewSegmentSchema(SegmentSchema):
    """A segment to create. Members of a `frozen` one are found once, and stay."""

    kind = Choice(*SEGMENT_KINDS)


class SegmentMemberSchema(ResourceSchema):
    """A customer who is in a segment."""

    segment = Related("crm.segments", dump_only=True)
    customer = Related("crm.customers", dump_only=True)
    entered_at = Timestamp(dump_only=True)


class PreviewSchema(ObjectSchema):
    """Rules to try."""

    rules = Rules(required=True)
    sample_size = WholeNumber(
        0,
        100,
        load_default=10,
        metadata={"description": "Customers to show of those that match.", "example": 10},
    )


class SampledSchema(ObjectSchema):
    """A customer for whom the rules hold."""

    id = Id()
    name = Text(metadata={"example": "Ann Lindgren"})
    email = Text(metadata={"example": "ann@lindgren-diesel.example", "nullable": True})


class PreviewedSchema(ObjectSchema):
    """How many customers match, exactly, and some of them: those that changed last."""

    count = WholeNumber(metadata={"example": 42})
    total = WholeNumber(metadata={"example": 1300, "description": "Customers in all."})
    sample = ListOf(fields.Nested(SampledSchema))

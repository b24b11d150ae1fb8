"""Migrations of entries on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_cms.schemas.field_definitions import KEY, AnyValue, key_field
from sparx_cms.types.migrating import OPS
from sparx_core import Choice, Flag, Id, ListOf, ObjectSchema

MAX_STEPS = 50


class MigrationStepSchema(ObjectSchema):
    """One thing that is done to each entry. Fields are named by their keys; omitted ones can be."""

    op = Choice(
        *OPS,
        required=True,
        metadata={
            "description": "`copy` the values of a field into another, `set` a value, or `clear`.",
            "example": "copy",
        },
    )
    source = key_field(
        KEY, data_key="from", metadata={"description": "What `copy` reads.", "example": "price"}
    )
    to = key_field(
        KEY,
        required=True,
        metadata={"description": "The field that is written.", "example": "amount"},
    )
    value = AnyValue(
        allow_none=True, metadata={"description": "What `set` writes, as entries have it."}
    )
    overwrite = Flag(
        metadata={"description": "Also where there is a value already.", "example": False}
    )


class MigrationSchema(ObjectSchema):
    """What is to be done to all entries of a content type."""

    ops = ListOf(fields.Nested(MigrationStepSchema), minimum=1, maximum=MAX_STEPS, required=True)


class MigrationStartedSchema(ObjectSchema):
    """Where a migration is followed."""

    job_id = Id(metadata={"description": "The job, at `/v1/jobs/{id}`."})

"""What a batch is sent as."""

from __future__ import annotations

from marshmallow import fields

from sparx_core.fields import Choice, Flag, ListOf, WholeNumber
from sparx_core.schemas import ObjectSchema

#: Entries of one batch, at most.
MAX_ITEMS = 1_000
OPERATIONS = CREATE, UPDATE, UPSERT, DELETE = "create", "update", "upsert", "delete"


class BatchItemSchema(ObjectSchema):
    """One entry of a batch. `update` and `delete` name a row by its `id`, `upsert` by a unique
    field, which `by` names.
    """

    op = Choice(*OPERATIONS, required=True)
    id = fields.String(
        metadata={"description": "The row to update or delete.", "example": "the id of a row"}
    )
    by = fields.String(metadata={"description": "A unique field of `data`.", "example": "email"})
    version = WholeNumber(
        1,
        metadata={
            "description": "The version of the row that was read: `version_conflict` if it is"
            " another by now."
        },
    )
    data = fields.Dict(keys=fields.String(), metadata={"description": "The values.", "example": {}})


class BatchSchema(ObjectSchema):
    """Rows to create, change or delete, in this order."""

    atomic = Flag(metadata={"description": "All or nothing; without it each entry by itself."})
    items = ListOf(fields.Nested(BatchItemSchema), minimum=1, maximum=MAX_ITEMS, required=True)

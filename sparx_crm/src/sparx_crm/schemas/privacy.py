"""Being shown all that there is of a customer, and having it forgotten."""

from __future__ import annotations

from marshmallow import fields

from sparx_core import Flag, Id, ObjectSchema, ResourceSchema, Timestamp, WholeNumber


class PersonalDataSchema(ObjectSchema):
    """All that there is of a customer: itself, and by table the rows that refer to it or to what
    refers to it, as the API shows them.
    """

    customer_id = Id(required=True)
    exported_at = Timestamp(required=True)
    customer = fields.Dict(required=True, metadata={"example": {"name": "Ann Lindgren"}})
    related = fields.Dict(
        required=True, metadata={"example": {"crm.activities": [{"body": "Call before delivery."}]}}
    )


class ErasureRequestSchema(ObjectSchema):
    """`confirm` is true: nothing brings an erased customer back."""

    # Asked for when it is known whom it is about: an id that is none is answered first.
    confirm = Flag(metadata={"example": True})


class ErasureResultSchema(ObjectSchema):
    """What was done: how many rows were deleted, how many were left without personal data, and in
    how many events of the past it was redacted.
    """

    erasure_id = Id(required=True)
    customer_id = Id(required=True)
    rows_removed = WholeNumber(required=True)
    rows_blanked = WholeNumber(required=True)
    events_redacted = WholeNumber(required=True)


class ErasureSchema(ResourceSchema):
    """That a customer was erased. While it is there, nobody gets the e-mail addresses again."""

    customer_id = Id(attribute="customer", dump_only=True)
    rows_removed = WholeNumber(dump_only=True)
    rows_blanked = WholeNumber(dump_only=True)
    created_at = Timestamp(dump_only=True)

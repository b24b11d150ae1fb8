"""What goes away, and who still uses it, on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_core.fields import Choice, Id, WholeNumber
from sparx_core.schemas import ObjectSchema


class CallerSchema(ObjectSchema):
    """A key that used it in the last 400 days."""

    key_id = Id(required=True)
    key_name = fields.String(required=True, metadata={"example": "Shop"})
    operation = fields.String(required=True, metadata={"example": "crm.customers.create"})
    calls = WholeNumber(1, required=True)
    last_called_on = fields.Date(required=True, metadata={"example": "2026-11-25"})


class DeprecationSchema(ObjectSchema):
    """A part of the API that goes away."""

    kind = Choice("operation", "field", "parameter", "event", required=True)
    name = fields.String(required=True, metadata={"example": "crm.customers.nickname"})
    since = fields.Date(required=True, metadata={"example": "2026-11-25"})
    sunset = fields.Date(
        required=True,
        metadata={
            "description": "It works until this day, and then until it is removed.",
            "example": "2027-05-24",
        },
    )
    replacement = fields.String(
        required=True,
        metadata={"description": "What to use instead, if there is something."},
    )
    link = fields.String(required=True, metadata={"example": "/docs/reference/crm"})
    calls = WholeNumber(
        0, required=True, metadata={"description": "By keys of this tenant, in the last 400 days."}
    )
    callers = fields.List(fields.Nested(CallerSchema), required=True)

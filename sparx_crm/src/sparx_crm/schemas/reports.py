"""What reports on customers and work answer."""

from __future__ import annotations

from marshmallow import fields

from sparx_core import Currency, DecimalNumber, ObjectSchema, Text, WholeNumber


class PipelineValueSchema(ObjectSchema):
    """What the open deals in one currency come to."""

    currency = Currency(required=True)
    deals = WholeNumber(required=True, metadata={"example": 3})
    amount = DecimalNumber(
        maximum=10**30,
        required=True,
        metadata={"example": "12000.00", "description": "In the digits of the currency."},
    )


class SnapshotSchema(ObjectSchema):
    """How much there is of everything now. What deals come to is told by currency, never added."""

    customers = WholeNumber(required=True, metadata={"example": 240})
    accounts = WholeNumber(required=True, metadata={"example": 31})
    open_leads = WholeNumber(required=True, metadata={"example": 12})
    open_deals = WholeNumber(required=True, metadata={"example": 3})
    pipeline_values = fields.List(fields.Nested(PipelineValueSchema), required=True)
    open_tasks = WholeNumber(required=True, metadata={"example": 8})
    overdue_tasks = WholeNumber(required=True, metadata={"example": 2})
    active_segments = WholeNumber(required=True, metadata={"example": 4})


class AcquisitionQuery(ObjectSchema):
    """How far back a report goes."""

    months = WholeNumber(1, 36, load_default=12, metadata={"example": 12})


class AcquisitionSchema(ObjectSchema):
    """The customers that were made in a month."""

    month = Text(7, required=True, metadata={"example": "2026-11"})
    new_customers = WholeNumber(required=True, metadata={"example": 17})

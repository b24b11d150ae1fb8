"""What is asked of the forecast and the reports on deals, and what they answer."""

from __future__ import annotations

import calendar
import re
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from sparx_core import (
    CalendarDate,
    Choice,
    Currency,
    DecimalNumber,
    Id,
    ListOf,
    ObjectSchema,
    Text,
    Timestamp,
    WholeNumber,
)

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
#: What the rows of a forecast can be apart by, beside the currency.
GROUPS = ("month", "pipeline", "owner", "stage")


class _Day(CalendarDate):
    """A day, or a month, which stands for its first or its last day."""

    def __init__(self, *, last: bool = False, **kwargs: Any) -> None:
        self.last = last
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if isinstance(value, str) and _MONTH.fullmatch(value):
            year, month = int(value[:4]), int(value[5:])
            if not (1 <= month <= 12 and year):
                raise ValidationError("Not a month such as 2026-06.")
            day = calendar.monthrange(year, month)[1] if self.last else 1
            return date(year, month, day)
        return super()._deserialize(value, attr, data, **kwargs)


class ForecastQuery(ObjectSchema):
    """Which deals are forecast, and what the rows are apart by."""

    from_ = _Day(
        data_key="from",
        metadata={"description": "The first day, or month.", "example": "2026-12-01"},
    )
    to = _Day(
        last=True, metadata={"description": "The last day, or month.", "example": "2027-05-31"}
    )
    pipeline_id = Id()
    owner_id = Id()
    group_by = ListOf(
        fields.String(validate=validate.OneOf(GROUPS)),
        minimum=1,
        maximum=len(GROUPS),
        load_default=["month"],
        metadata={"description": "Any of `month`, `pipeline`, `owner` and `stage`."},
    )


def _money(told: str) -> DecimalNumber:
    return DecimalNumber(
        maximum=10**30, required=True, metadata={"description": told, "example": "1700.30"}
    )


class ForecastSchema(ObjectSchema):
    """The deals of one currency and of whatever the forecast is grouped by."""

    month = Text(
        7, allow_none=True, metadata={"example": "2026-12", "description": "Null: without a date."}
    )
    pipeline_id = Id()
    owner_id = Id(allow_none=True)
    stage_id = Id()
    currency = Currency(required=True)
    open_count = WholeNumber(required=True, metadata={"example": 2})
    open_amount = _money("The amounts of open deals.")
    weighted_amount = _money("The same by probability.")
    won_count = WholeNumber(required=True, metadata={"example": 0})
    won_amount = _money("The amounts of deals that are won, by the day of closing.")


class CurrencyTotal(ObjectSchema):
    """All rows of one currency together, from the same exact amounts, rounded once."""

    currency = Currency(required=True)
    open_amount = _money("The amounts of open deals.")
    weighted_amount = _money("The same by probability.")
    won_amount = _money("The amounts of deals that are won.")


class ForecastMeta(ObjectSchema):
    """The period as it was understood, and what comes of each currency."""

    from_ = CalendarDate(data_key="from", required=True, allow_none=True)
    to = CalendarDate(required=True, allow_none=True)
    timezone = Text(required=True, metadata={"example": "Europe/Stockholm"})
    totals = fields.List(fields.Nested(CurrencyTotal), required=True)


class FunnelQuery(ObjectSchema):
    """Whose stages are shown."""

    pipeline_id = Id(required=True)


class StageAmount(ObjectSchema):
    """What the deals of a stage come to in one currency."""

    currency = Currency(required=True)
    amount = _money("The amounts of the deals.")
    weighted_amount = _money("The same by probability.")


class FunnelSchema(ObjectSchema):
    """A stage, and what is in it."""

    stage_id = Id(required=True)
    stage_name = Text(required=True)
    stage_kind = Choice("open", "won", "lost", required=True)
    deal_count = WholeNumber(required=True)
    amounts = fields.List(fields.Nested(StageAmount), required=True)


class WinLossQuery(ObjectSchema):
    """Of which pipeline, and since when deals have to be closed to be counted."""

    pipeline_id = Id()
    since = Timestamp(metadata={"description": "Closed at this time or later."})


class WonAmount(ObjectSchema):
    """What was won in one currency."""

    currency = Currency(required=True)
    amount = _money("The amounts of the deals that are won.")


class WinLossSchema(ObjectSchema):
    """What an owner has won and lost, and has open now."""

    owner_id = Id(required=True, allow_none=True)
    won = WholeNumber(required=True)
    lost = WholeNumber(required=True)
    open = WholeNumber(required=True)
    win_rate = DecimalNumber(
        maximum=1,
        required=True,
        allow_none=True,
        metadata={
            "description": "Won among the closed, four digits; null if none is closed.",
            "example": Decimal("0.4167"),
        },
    )
    amounts = fields.List(fields.Nested(WonAmount), required=True)

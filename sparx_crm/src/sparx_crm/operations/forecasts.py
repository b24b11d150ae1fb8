"""What deals will come to, and have come to. Currencies are never added.

Amounts are summed exactly, each times its probability, and a sum is rounded once: half up, to the
digits of its currency. Rows, rounded each for itself, may differ from their total by a minor unit.
The database shows a key that is confined to its own deals no others here, either.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sparx_core import Context, Told, Values, operation, querying
from sparx_crm.models.deals import Deal
from sparx_crm.schemas.forecasts import (
    ForecastMeta,
    ForecastQuery,
    ForecastSchema,
    FunnelQuery,
    FunnelSchema,
    WinLossQuery,
    WinLossSchema,
)

#: What rows are apart by: the name in the answer, and the SQL.
_GROUPS = {
    "month": ("month", "to_char(d.day, 'YYYY-MM')"),
    "pipeline": ("pipelineId", "d.pipeline_id"),
    "owner": ("ownerId", "d.owner_id"),
    "stage": ("stageId", "d.stage_id"),
}

_RATE = Decimal("0.0001")


def _sum(of: str, units: int, which: str) -> str:
    """An exact sum in the units of its currency, rounded once. Stored are ten-thousandths."""
    summed = f"coalesce(sum({of}) FILTER (WHERE {which}), 0)"
    return f"round({summed} / {units}, core.currency_digits(d.currency))"


_OPEN, _WON = "d.status = 'open'", "d.status = 'won'"
_AMOUNT, _WEIGHTED = "d.amount::numeric", "d.amount::numeric * d.probability"
_SUMS = (
    f"{_sum(_AMOUNT, 10_000, _OPEN)}, {_sum(_WEIGHTED, 1_000_000, _OPEN)},"
    f" {_sum(_AMOUNT, 10_000, _WON)}"
)
#: Deals by the day that counts: the tenant's, whose time zone is the first parameter.
_FORECAST = """
SELECT GROUPING(d.currency{columns}) = 0, d.currency{columns},
       count(*) FILTER (WHERE {open}), count(*) FILTER (WHERE {won}), {sums}
  FROM (SELECT *, CASE status WHEN 'open' THEN expected_close_on
                  ELSE (closed_at AT TIME ZONE %s)::date END AS day
          FROM crm.deals WHERE status IN ('open', 'won')) AS d
 WHERE {conditions}
 GROUP BY GROUPING SETS ((d.currency{columns}), (d.currency))
 ORDER BY 1, {order} d.currency
"""
_FUNNEL = f"""
SELECT s.id, s.name, s.kind, d.currency, count(d.id), {_sum(_AMOUNT, 10_000, "true")},
       {_sum(_WEIGHTED, 1_000_000, "true")}
  FROM crm.stages s LEFT JOIN crm.deals d ON d.tenant_id = s.tenant_id AND d.stage_id = s.id
 WHERE s.pipeline_id = %s
 GROUP BY s.id, s.name, s.kind, s.position, d.currency ORDER BY s.position, s.id, d.currency
"""
_WIN_LOSS = f"""
SELECT d.owner_id, d.currency, count(*) FILTER (WHERE {_WON}),
       count(*) FILTER (WHERE d.status = 'lost'), count(*) FILTER (WHERE {_OPEN}),
       {_sum(_AMOUNT, 10_000, _WON)}
  FROM crm.deals d
 WHERE (%s::uuid IS NULL OR d.pipeline_id = %s::uuid)
   AND ({_OPEN} OR %s::timestamptz IS NULL OR d.closed_at >= %s::timestamptz)
 GROUP BY d.owner_id, d.currency ORDER BY d.owner_id NULLS LAST, d.currency
"""


@querying(ForecastQuery, meta=ForecastMeta)
@operation(
    "GET",
    "/deals/forecast",
    name="deals.forecast",
    module="crm",
    scope="read:crm",
    answer=ForecastSchema(many=True),
    raises=(),
    shared=True,
)
def forecast(ctx: Context, query: Values) -> Told:
    """What is to come of deals, by month unless `groupBy` says what else, and by currency.

    An open deal counts in the month of `expectedCloseOn`, by its probability; one without a date in
    a row whose month is null, unless `from` or `to` asks for a period. A deal that is won counts in
    the month in which it was closed, in the time zone of the tenant, with all of its amount. Each
    sum is rounded once, half up.
    """
    zone = ctx.timezone()
    groups = [one for one in _GROUPS if one in query["group_by"]]
    conditions, values = _conditions(query)
    columns = "".join(f", {_GROUPS[one][1]}" for one in groups)
    order = "".join(f"{_GROUPS[one][1]} NULLS LAST, " for one in groups)
    sql = _FORECAST.format(
        columns=columns, open=_OPEN, won=_WON, sums=_SUMS, conditions=conditions, order=order
    )
    rows = ctx.all(Deal.raw(sql, zone, *values).tuples())
    names = [_GROUPS[one][0] for one in groups]
    meta = {
        "from": query.get("from_"),
        "to": query.get("to"),
        "timezone": zone,
        "totals": [_total(row[1:]) for row in rows if not row[0]],
    }
    return Told([_forecast_row(names, row[1:]) for row in rows if row[0]], meta)


@querying(FunnelQuery)
@operation(
    "GET",
    "/reports/pipeline-funnel",
    name="reports.pipeline_funnel",
    module="crm",
    scope="read:crm",
    answer=FunnelSchema(many=True),
    raises=(),
    shared=True,
)
def pipeline_funnel(ctx: Context, query: Values) -> list[Values]:
    """The stages of a pipeline in their order, with the deals that are in each now."""
    stages: dict[Any, Values] = {}
    found = Deal.raw(_FUNNEL, query["pipeline_id"]).tuples()
    for stage, name, kind, currency, count, amount, weighted in ctx.all(found):
        row = stages.setdefault(
            stage,
            {"stageId": stage, "stageName": name, "stageKind": kind, "dealCount": 0, "amounts": []},
        )
        row["dealCount"] += count
        if currency is not None:
            told = {"currency": currency, "amount": amount, "weightedAmount": weighted}
            row["amounts"].append(told)
    return list(stages.values())


@querying(WinLossQuery)
@operation(
    "GET",
    "/reports/win-loss",
    name="reports.win_loss",
    module="crm",
    scope="read:crm",
    answer=WinLossSchema(many=True),
    raises=(),
    shared=True,
)
def win_loss(ctx: Context, query: Values) -> list[Values]:
    """What each owner has won and lost, with the share of those that were won."""
    pipeline, since = query.get("pipeline_id"), query.get("since")
    owners: dict[Any, Values] = {}
    found = Deal.raw(_WIN_LOSS, pipeline, pipeline, since, since).tuples()
    for owner, currency, won, lost, open_, amount in ctx.all(found):
        row = owners.setdefault(
            owner,
            {"ownerId": owner, "won": 0, "lost": 0, "open": 0, "winRate": None, "amounts": []},
        )
        row["won"] += won
        row["lost"] += lost
        row["open"] += open_
        if won:
            row["amounts"].append({"currency": currency, "amount": amount})
    for row in owners.values():
        if closed := row["won"] + row["lost"]:
            row["winRate"] = (Decimal(row["won"]) / closed).quantize(_RATE, ROUND_HALF_UP)
    return list(owners.values())


def _conditions(query: Values) -> tuple[str, list[Any]]:
    """The SQL of what is forecast, and its values."""
    wanted = {
        "d.day >= %s": query.get("from_"),
        "d.day <= %s": query.get("to"),
        "d.pipeline_id = %s": query.get("pipeline_id"),
        "d.owner_id = %s": query.get("owner_id"),
    }
    given = {sql: value for sql, value in wanted.items() if value is not None}
    return " AND ".join(["true", *given]), list(given.values())


def _forecast_row(names: Sequence[str], row: Sequence[Any]) -> Values:
    currency, *rest = row
    groups, sums = rest[: len(names)], rest[len(names) :]
    open_count, won_count, open_amount, weighted, won_amount = sums
    return {
        **dict(zip(names, groups, strict=True)),
        "currency": currency,
        "openCount": open_count,
        "openAmount": open_amount,
        "weightedAmount": weighted,
        "wonCount": won_count,
        "wonAmount": won_amount,
    }


def _total(row: Sequence[Any]) -> Values:
    open_amount, weighted, won_amount = row[-3:]
    return {
        "currency": row[0],
        "openAmount": open_amount,
        "weightedAmount": weighted,
        "wonAmount": won_amount,
    }

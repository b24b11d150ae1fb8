"""``GET /v1/deprecations``: what goes away, and which keys of the tenant still use it."""

from __future__ import annotations

from typing import Any

from peewee import fn

from sparx_core.auth.models import ApiKey
from sparx_core.context import Context
from sparx_core.deprecation.models import DeprecatedCall
from sparx_core.deprecation.parts import Part, parts_of
from sparx_core.deprecation.schemas import DeprecationSchema
from sparx_core.resources import Values, operation

#: Callers that are listed: the keys that asked most, of all parts together.
MAX_CALLERS = 1000


@operation(
    "GET",
    "/deprecations",
    name="deprecations",
    scope="read:core",
    answer=DeprecationSchema(many=True),
    raises=(),
)
def list_deprecations(ctx: Context) -> list[Values]:
    """What goes away of the core and of the modules that are active, soonest first, and which keys
    of the tenant still use it. Counts lag by up to half a minute.
    """
    parts = [one for one in parts_of(ctx.registry).all() if one.module in ctx.modules | {"core"}]
    parts.sort(key=lambda one: (one.deprecated.sunset, one.key))
    callers = _callers(ctx) if parts else {}
    return [_shown(one, callers.get(one.key, [])) for one in parts]


def _callers(ctx: Context) -> dict[str, list[Values]]:
    calls = fn.SUM(DeprecatedCall.calls).cast("bigint")
    rows = ctx.all(
        DeprecatedCall.select(
            DeprecatedCall.part,
            DeprecatedCall.operation,
            ApiKey.id.alias("key_id"),
            ApiKey.name.alias("key_name"),
            calls.alias("calls"),
            fn.MAX(DeprecatedCall.day).alias("last_called_on"),
        )
        .join(
            ApiKey,
            on=(ApiKey.tenant_id == DeprecatedCall.tenant_id)
            & (ApiKey.id == DeprecatedCall.api_key),
        )
        .group_by(DeprecatedCall.part, DeprecatedCall.operation, ApiKey.id, ApiKey.name)
        .order_by(calls.desc(), ApiKey.id, DeprecatedCall.operation)
        .limit(MAX_CALLERS)
        .dicts()
    )
    found: dict[str, list[Values]] = {}
    for row in rows:
        found.setdefault(row["part"], []).append(_caller(row))
    return found


def _caller(row: dict[str, Any]) -> Values:
    return {
        "keyId": row["key_id"],
        "keyName": row["key_name"],
        "operation": row["operation"],
        "calls": row["calls"],
        "lastCalledOn": row["last_called_on"].isoformat(),
    }


def _shown(part: Part, callers: list[Values]) -> Values:
    return {
        "kind": part.kind,
        "name": part.name,
        "since": part.deprecated.since.isoformat(),
        "sunset": part.deprecated.sunset.isoformat(),
        "replacement": part.deprecated.replacement,
        "link": part.link,
        "calls": sum(one["calls"] for one in callers),
        "callers": callers,
    }

"""What there is of somebody in the tables of every module: found, shown, and forgotten."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sparx_core.db.fields import JsonField, TextArrayField
from sparx_core.db.models import table_of
from sparx_core.json import encode
from sparx_core.referring.links import links_to
from sparx_core.transaction import Answer

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.resources import Resource

_REDACT = "SELECT core.redact(%s::uuid[], %s::jsonb, %s::text[])"
_DIGEST = "SELECT core.keyed_digest(%s)"
#: What stands in the place of a text that a row cannot do without.
ERASED = "Erased"


def referring_rows(ctx: Context, table: str, ids: Collection[UUID]) -> dict[str, list[UUID]]:
    """The rows of active modules' tables that refer to one of some rows: their ids, by table."""
    ctx.flush()
    found: dict[str, dict[UUID, None]] = {}
    for link in links_to(ctx.registry, table, ctx.modules):
        rows = _rows(
            ctx,
            f'SELECT id FROM {link.table} WHERE "{link.column}" = ANY(%s::uuid[]) ORDER BY id',
            (_texts(ids),),
        )
        if rows:
            found.setdefault(link.table, {}).update({UUID(str(one)): None for (one,) in rows})
    return {name: list(rows) for name, rows in found.items()}


def shown_rows(ctx: Context, table: str, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Rows as the API shows them in detail, or, where they are of no resource, their columns."""
    ctx.flush()
    resource = resource_of(ctx, table)
    if resource is not None:
        selection = ctx.views.whole(resource.key, detail=True)
        answer = Answer(resource, resource.model(), selection)
        found = ctx.transaction.render(ctx, resource, ids, answer)
        return [_parsed(found[one].text) for one in ids if one in found]
    rows = _rows(
        ctx,
        f"SELECT to_json(t)::text FROM {table} t WHERE id = ANY(%s::uuid[]) ORDER BY id",
        (_texts(ids),),
    )
    return [{k: v for k, v in _parsed(one).items() if k != "tenant_id"} for (one,) in rows]


def resource_of(ctx: Context, table: str) -> Resource | None:
    """The resource that shows the rows of a table, if one does."""
    found = (one for one in ctx.registry.resources.values() if table_of(one.model) == table)
    return next((one for one in found if one.exposed), None)


def remove_rows(ctx: Context, table: str, ids: Collection[UUID]) -> None:
    """Delete rows for good, with what hangs on them."""
    ctx.flush()
    _run(ctx, f"DELETE FROM {table} WHERE id = ANY(%s::uuid[])", (_texts(ids),))


def blank_columns(
    ctx: Context, table: str, ids: Collection[UUID], columns: Mapping[str, Any]
) -> None:
    """Give columns of rows, by the names of their fields, the values that they are left with."""
    if not ids or not columns:
        return
    ctx.flush()
    fields: dict[str, Any] = ctx.registry.models[table][1]._meta.fields
    chosen = [(fields[name], value) for name, value in columns.items()]
    sets = ", ".join(
        f'"{one.column_name}" = %s{"::jsonb" if isinstance(one, JsonField) else ""}'
        for one, _ in chosen
    )
    values = [
        encode(value).decode() if isinstance(one, JsonField) and value is not None else value
        for one, value in chosen
    ]
    _run(
        ctx,
        f"UPDATE {table} SET {sets}, version = version + 1, updated_at = now()"
        " WHERE id = ANY(%s::uuid[])",
        (*values, _texts(ids)),
    )


def blank_value(column: Any) -> Any:
    """What a column is left with that nobody needs: nothing, or what stands for it."""
    if column.null:
        return None
    if isinstance(column, TextArrayField):
        return []
    if isinstance(column, JsonField):
        declared = " ".join(str(getattr(one, "sql", "")) for one in column.constraints or ())
        return [] if "'[]'" in declared else {}
    return ERASED


def redact(
    ctx: Context,
    subjects: Collection[UUID],
    overlays: Mapping[str, Mapping[str, Any]],
    needles: Collection[str],
) -> int:
    """Take personal data out of events, the audit log, webhooks, answers that are kept and files of
    jobs that are over; how many events were changed.

    ``subjects`` are the rows that these are about; ``overlays`` say by resource which fields, as on
    the wire, become what; texts that have one of ``needles`` in them become null. It is done at
    once: what the transaction writes afterwards is not seen.
    """
    ctx.flush()
    texts = sorted({one for one in needles if len(one) > 2})
    parameters = (_texts(subjects), encode(overlays).decode(), texts)
    return int(ctx.transaction.scalar(_REDACT, parameters))


def keyed_digest(ctx: Context, value: str) -> str:
    """A digest of a value that nobody else can make, and that is another one in each tenant."""
    return str(ctx.transaction.scalar(_DIGEST, (value,)))


def _texts(ids: Collection[UUID]) -> list[str]:
    return [str(one) for one in ids]


def _parsed(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return found


def _run(ctx: Context, sql: str, parameters: Sequence[Any]) -> Any:
    return ctx.transaction.database.execute_sql(sql, parameters)


def _rows(ctx: Context, sql: str, parameters: Sequence[Any]) -> list[Any]:
    rows: list[Any] = _run(ctx, sql, parameters).fetchall()
    return rows

"""Rows that belong to another one, and are written with it as a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparx_core import Context, TenantModel, Values

_KEPT = frozenset({"tenant_id", "id", "created_at", "updated_at", "version"})


def replace_children(
    ctx: Context, parent: TenantModel, model: type[TenantModel], by: str, wanted: Sequence[Values]
) -> bool:
    """Make the rows of ``model`` that refer to ``parent`` those that are wanted, in their order.

    False, and nothing is written, if they are those already.
    """
    there: list[Any] = ctx.lock(model, by, [parent.id])
    there.sort(key=lambda row: (row.position, row.id))
    meta: Any = model._meta
    names = [name for name in meta.fields if name not in _KEPT | {by, "position"}]
    if [{n: getattr(row, n) for n in names} for row in there] == [
        {n: one.get(n) for n in names} for one in wanted
    ]:
        return False
    for row in there:
        ctx.delete(row)
    ctx.insert_all(
        model(**{by: parent.id}, position=place, **one) for place, one in enumerate(wanted)
    )
    return True

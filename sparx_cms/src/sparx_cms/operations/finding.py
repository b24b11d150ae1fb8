"""Rows that paths name."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sparx_core import Context, NotFound, TenantModel

RowT = TypeVar("RowT", bound=TenantModel)


def row_named(ctx: Context, model: type[RowT], id: str) -> RowT:
    """The row that a path names; ``NotFound`` if there is none, or what it says is no id."""
    try:
        return ctx.get(model, UUID(id))
    except ValueError:
        raise NotFound from None

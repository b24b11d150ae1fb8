"""A resource as the API shows it, for an answer that has it as a part."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sparx_core.transaction import Answer

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.db.models import TenantModel
    from sparx_core.resources import Resource


def rendered(ctx: Context, resource: Resource, row: TenantModel) -> dict[str, Any]:
    """A row as a get would show it now, with all that this transaction wrote.

    Numbers are int or Decimal, and never float.
    """
    ctx.flush()
    selection = ctx.views.whole(resource.key, detail=True)
    found = ctx.transaction.render(ctx, resource, [row.id], Answer(resource, row, selection))
    shown: dict[str, Any] = json.loads(found[row.id].text, parse_float=Decimal)
    return shown

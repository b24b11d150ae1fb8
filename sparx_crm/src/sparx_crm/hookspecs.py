"""Hooks of the CRM, for modules that require it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sparx_core import Context, hookspec


@hookspec
def sparx_crm_price_item(
    ctx: Context, customer_id: UUID | None, currency: str, item: dict[str, Any]
) -> Decimal | None:
    """The unit price of an item that has none, or None if the module does not know it.

    Asked by ``price_order_lines`` and ``place_order``, for items as the API takes them, in
    snake_case: ``sku``, ``quantity``, ``product_id``, ``variant_id``. Of several answers the one
    of the module counts that requires the others: a price list knows better than a catalogue.
    """
    raise NotImplementedError


@hookspec
def sparx_crm_personal_data() -> dict[str, Any]:
    """What of the module's tables is personal data of the customers that their rows refer to.

    By table, ``"loyalty.rewards"``, the names of the fields of the model that are emptied when a
    customer is erased, or ``"*"``: then the rows are deleted. An export shows all rows that refer
    to a customer, whether they are named here or not.
    """
    raise NotImplementedError

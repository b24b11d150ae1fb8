"""Items without a price: modules that know prices are asked for them."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from sparx_core import ValidationFailed
from sparx_crm import price_order_lines


class Asking:
    """A context in which modules answer with ``prices``, in the order of their requirements."""

    tenant = SimpleNamespace(currency="USD")

    def __init__(self, *prices: Decimal | None) -> None:
        self.prices, self.asked = prices, []  # type: ignore[var-annotated]

    def call_hook(self, name: str, **arguments: Any) -> list[Decimal | None]:
        self.asked.append((name, arguments["currency"], arguments["item"]["sku"]))
        return list(self.prices)


def items() -> list[dict[str, Any]]:
    return [
        {"sku": "A", "name": "A", "quantity": 3, "unit_price": Decimal(10)},
        {"sku": "B", "name": "B", "quantity": 2},
    ]


def test_the_last_module_that_knows_a_price_is_believed() -> None:
    ctx: Any = Asking(None, Decimal(5), Decimal(4), None)
    given = items()
    assert price_order_lines(ctx, {"items": given}).total == 38
    assert ctx.asked == [("sparx_crm_price_item", "USD", "B")], "a price that is given stays"
    assert given[1]["unit_price"] == 4


def test_price_that_nobody_knows_is_told_by_its_item() -> None:
    ctx: Any = Asking(None)
    with pytest.raises(ValidationFailed) as raised:
        price_order_lines(ctx, {"items": items()})
    assert [one["field"] for one in raised.value.details] == ["items[1].unitPrice"]

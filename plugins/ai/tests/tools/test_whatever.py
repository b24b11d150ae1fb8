"""Whatever a tool is called with, it answers: with a result, or with an error of the caller."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from sparx_core.testing import Api

from .conftest import Agent

_TEXTS = ("", " ", "x", "\0", "a,b", "é" * 300, "2026-01-01", "-name", "*", "items.*", "customers")
_NAMES = ("name", "eq", "in", "gte", "id", "items", "op", "data", "groupBy", "sum", "q", "\u200b")
_OBJECTS = ("where", "data", "query", "path", "aggregate")


class Nonsense:
    """Arguments that are right in part."""

    def __init__(self, chance: Random, ids: list[str]) -> None:
        self.chance, self.ids = chance, ids

    def value(self, depth: int = 0) -> Any:
        chance = self.chance
        kind = chance.randint(0, 7)
        if kind == 0:
            return chance.choice([None, True, False])
        if kind == 1:
            return chance.choice([0, 1, -1, 2**31, 2**63, 10**30])
        if kind == 2:
            return chance.choice(
                [Decimal("1.5"), Decimal("1e300"), Decimal("-0"), Decimal("1e-300")]
            )
        if kind == 3 and depth < 3:
            return [self.value(depth + 1) for _ in range(chance.randint(0, 3))]
        if kind == 4 and depth < 3:
            return self.object(depth)
        return chance.choice([*_TEXTS, *self.ids])

    def object(self, depth: int = 1) -> dict[str, Any]:
        names = self.chance.choices(_NAMES, k=self.chance.randint(0, 3))
        return {name: self.value(depth + 1) for name in names}

    def arguments(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            name: self._argument(name, one)
            for name, one in schema["properties"].items()
            if name in schema.get("required", ()) or self.chance.random() < 0.25
        }

    def _argument(self, name: str, schema: dict[str, Any]) -> Any:
        if self.chance.random() < 0.1:
            return self.value()
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        if name == "id":
            return self.chance.choice(self.ids)
        return self.object() if name in _OBJECTS else self.value()


@pytest.mark.usefixtures("deleting")
def test_it_is_answered(api: Api, agent: Agent, customer: Any) -> None:
    item = {"sku": "S", "name": "N", "quantity": 1, "unitPrice": 10}
    order = api.post("/v1/crm/orders", {"customerId": customer["id"], "items": [item]}).data
    chance = Random(8)
    nonsense = Nonsense(chance, [customer["id"], order["id"], customer["id"].upper()])
    listed, done, refused = agent.tools(), 0, 0
    for _ in range(250):
        tool = chance.choice(listed)
        result = agent.result(tool["name"], **nonsense.arguments(tool["inputSchema"]))
        done += not result["isError"]
        refused += result["isError"]
    assert done > 10
    assert refused > 10
    assert api.get("/v1/ai/audit?take=1").meta["total"] == 250

"""Two pipelines, and what is told of deals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .selling import STAGES, Sales


@pytest.fixture
def sales(api: Api, owner: Owner) -> Sales:
    return Sales(api, owner)


@pytest.fixture
def a(sales: Sales) -> Any:
    return sales.pipeline("A", {**STAGES, "Won more": ("won", 100)})


@pytest.fixture
def b(sales: Sales) -> Any:
    return sales.pipeline("B", STAGES)


@pytest.fixture
def told(owner: Owner) -> Callable[[Any], list[str]]:
    """The events about a deal, in their order."""

    def read(deal: Any) -> list[str]:
        found = owner.rows(
            "SELECT type FROM core.events WHERE aggregate_id = %s ORDER BY position", deal["id"]
        )
        return [kind for (kind,) in found]

    return read

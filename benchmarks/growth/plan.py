"""How far the tenant grows, and how long is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """What the tenant holds when it is measured."""

    orders: int
    customers: int


@dataclass(frozen=True)
class GrowthPlan:
    """``blocks`` of requests of each query and size, in turn, each of about ``block_seconds``."""

    sizes: tuple[Size, ...] = (Size(1_000, 50), Size(100_000, 500), Size(1_000_000, 2_000))
    #: Other tenants, and what each of them holds.
    neighbours: int = 1_000
    neighbour: Size = Size(20, 5)
    #: Rows before a page in the middle of the list, as long as there are so many.
    deep: int = 50_000
    blocks: int = 12
    block_seconds: float = 0.1
    #: Writes with and without what they cost, in turn: so many turns of so many writes.
    turns: int = 6
    writes: int = 60


QUICK_GROWTH = GrowthPlan(
    sizes=(Size(200, 50), Size(400, 50), Size(800, 60)),
    neighbours=3,
    deep=500,
    blocks=1,
    block_seconds=0.01,
    turns=1,
    writes=2,
)

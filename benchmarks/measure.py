"""A measurement, and what several of them say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


class BenchmarkError(Exception):
    """A measurement that cannot be made, or whose answers were not those that were meant."""


@dataclass(frozen=True)
class Run:
    """Requests, or transactions, a second; latencies in milliseconds.

    ``server`` and ``database`` are milliseconds of processor time for one request: of the Python
    processes, and of PostgreSQL. None where that was not looked at.
    """

    rate: float
    p50: float
    p99: float
    server: float | None = None
    database: float | None = None


@dataclass(frozen=True)
class Plan:
    """How long and how often."""

    tenants: int = 100
    orders: int = 1000
    deliveries: int = 2000
    runs: int = 3
    seconds: int = 8
    warm_up: int = 3
    connections: int = 16
    processes: int = 2
    #: What each client of pgbench does where the time is of no interest.
    transactions: int | None = None


QUICK = Plan(
    tenants=5,
    orders=60,
    deliveries=50,
    runs=1,
    seconds=1,
    warm_up=0,
    connections=2,
    processes=1,
    transactions=5,
)


def middle(runs: Sequence[Run]) -> Run:
    """The median of each figure by itself."""
    return Run(
        median(run.rate for run in runs),
        median(run.p50 for run in runs),
        median(run.p99 for run in runs),
        _middle([run.server for run in runs]),
        _middle([run.database for run in runs]),
    )


def _middle(figures: Sequence[float | None]) -> float | None:
    known = [one for one in figures if one is not None]
    return median(known) if known else None


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of an ascending sequence lies."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

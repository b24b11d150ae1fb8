"""The tables of growth, and the same figures for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.growth.pages import PageTimes
from benchmarks.growth.plan import GrowthPlan
from benchmarks.growth.writes import WriteTimes
from benchmarks.machine import Machine

#: A page of the largest tenant may take so many times as long as one of the smallest.
GOAL = 2.0


@dataclass
class Growth:
    """All that was measured."""

    plan: GrowthPlan
    machine: Machine
    pages: list[PageTimes] = field(default_factory=list)
    writes: list[WriteTimes] = field(default_factory=list)


def growth_table(growth: Growth) -> str:
    """What a person reads."""
    parts = (_pages(growth), _counts(growth), _writes(growth), [growth.machine.told()])
    return "\n\n".join("\n".join(part) for part in parts)


def _pages(growth: Growth) -> Iterator[str]:
    plan = growth.plan
    sizes = [f"{size.orders:,}" for size in plan.sizes]
    yield (
        f"{growth.machine}; one tenant of {', '.join(sizes)} orders beside {plan.neighbours:,}"
        f" tenants with {plan.neighbour.orders} each; one request at a time, medians in ms"
    )
    yield ""
    yield f"{'':34}{'orders that match':^30}{'page':^37}{'of that in PostgreSQL':^37}"
    yield (
        f"{'':34}"
        + "".join(f"{size:>10}" for size in sizes)
        + (" " + "".join(f"{size:>10}" for size in sizes) + f"{'ratio':>6}") * 2
    )
    for page in growth.pages:
        matches = ["" if one is None else f"{one:,}" for one in page.matches]
        yield (
            f"{page.query.title:34}"
            + "".join(f"{one:>10}" for one in matches)
            + " "
            + _row(page.milliseconds)
            + " "
            + _row(page.database)
            + (" *" if ratio(page.milliseconds) > GOAL else "")
        )
    yield f"ratio: the largest to the smallest; * more than {GOAL:g}"


def _counts(growth: Growth) -> Iterator[str]:
    sizes = [f"{size.orders:,}" for size in growth.plan.sizes]
    yield "The message alone: with kept counts, as it is, and with count(*) for its total"
    yield f"{'':34}{'kept counts':^31}{'count(*)':^31}{'count(*) / kept':^31}"
    yield f"{'':34}" + (" " + "".join(f"{size:>10}" for size in sizes)) * 3
    for page in growth.pages:
        if page.query.counted:
            kept, plain = page.medians
            yield (
                f"{page.query.title:34} "
                + "".join(f"{one:10.2f}" for one in kept)
                + " "
                + "".join(f"{one:10.2f}" for one in plain)
                + " "
                + "".join(f"{q / p:10.1f}" for p, q in zip(kept, plain, strict=True))
            )


def _writes(growth: Growth) -> Iterator[str]:
    yield "What a write pays, in the largest tenant"
    yield f"{'':34}{'with its commit':^28}{'before the commit':^28}"
    yield f"{'':34}" + f" {'with':>9}{'without':>9}{'ratio':>9}" * 2
    for times in growth.writes:
        yield f"{times.title:34}" + "".join(
            f" {times.milliseconds(on=True, committed=committed):9.2f}"
            f"{times.milliseconds(on=False, committed=committed):9.2f}"
            f"{times.ratio(committed=committed):9.2f}"
            for committed in (True, False)
        )


def growth_json(growth: Growth) -> dict[str, Any]:
    """Every request by itself."""
    return {
        "machine": asdict(growth.machine),
        "plan": asdict(growth.plan),
        "pages": {
            page.query.title: {
                "matches": page.matches,
                "milliseconds": page.milliseconds,
                "database": page.database,
                "ratio": ratio(page.milliseconds),
                "pages": [[one.all for one in taken] for taken in page.pages],
                "kept": page.kept,
                "plain": page.plain,
            }
            for page in growth.pages
        },
        "writes": {
            times.title: {
                "on": [asdict(one) for one in times.on],
                "off": [asdict(one) for one in times.off],
                "ratio": times.ratio(committed=True),
                "ratio_before_commit": times.ratio(committed=False),
            }
            for times in growth.writes
        },
    }


def ratio(milliseconds: Sequence[float]) -> float:
    """The largest tenant's, as a multiple of the smallest one's."""
    return milliseconds[-1] / milliseconds[0]


def _row(milliseconds: Sequence[float]) -> str:
    return "".join(f"{one:10.2f}" for one in milliseconds) + f"{ratio(milliseconds):6.1f}"

"""The tables of the figures of content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from statistics import median, quantiles
from typing import Any

from benchmarks.cms.asking import Asked
from benchmarks.cms.requests import PLAIN_GET
from benchmarks.cms.run import Content


def cms_table(found: Content) -> str:
    """What a person reads."""
    return "\n".join(_lines(found))


def _lines(found: Content) -> Iterator[str]:
    plan = found.plan
    yield (
        f"{found.machine}; {plan.entries:,} entries and {plan.redirects:,} redirects in one tenant"
    )
    yield ""
    yield (
        f"{'asked':32}{'matches':>9}{'messages':>10}{'database ms':>13}{'p95':>8}"
        f"{'processor':>11}{'ratio':>8}{'all ms':>8}"
    )
    plain = next(median(one.processor) for one in found.asked if one.title == PLAIN_GET)
    for one in found.asked:
        yield _line(one, plain)
    yield ""
    yield f"processor: milliseconds in the backend; ratio: to those that it takes to {PLAIN_GET}"
    yield found.machine.told()


def _line(one: Asked, plain: float) -> str:
    told = "" if one.matches is None else f"{one.matches:,}"
    middle = median(one.database)
    return (
        f"{one.title:32}{told:>9}{one.messages:10}{middle:13.1f}"
        f"{quantiles(one.database, n=20)[-1]:8.1f}{median(one.processor):11.1f}"
        f"{median(one.processor) / plain:8.1f}{median(one.all):8.1f}"
    )


def cms_json(found: Content) -> dict[str, Any]:
    """Everything, each time by itself."""
    return {
        "machine": asdict(found.machine),
        "plan": asdict(found.plan),
        "asked": [
            {
                "title": one.title,
                "messages": one.messages,
                "matches": one.matches,
                "database": one.database,
                "processor": one.processor,
                "all": one.all,
            }
            for one in found.asked
        ],
    }

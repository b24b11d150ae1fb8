"""``python -m benchmarks``: fill a database, measure, print tables.

``speed`` is the API beside pgbench and beside the ordinary way of writing it; ``growth`` is how
the time of a page depends on how much its tenant has; ``costs`` is what it takes to place an order
safely; ``limits`` what it takes to count requests; ``bulk`` what it takes to write many rows;
``events`` how soon and how often handlers and webhooks follow; ``surfaces`` is GraphQL beside REST;
``search`` one search over the 300,000 records of a tenant; ``cms`` reading and publishing among
100,000 entries.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.bulk import bulk_json, bulk_table, measure_bulk
from benchmarks.cms.report import cms_json, cms_table
from benchmarks.cms.run import measure_cms
from benchmarks.costs import costs_json, costs_table, measure_costs
from benchmarks.effects import measure_effects, narrowed
from benchmarks.effects_report import effects_json, effects_table
from benchmarks.growth.plan import QUICK_GROWTH, GrowthPlan
from benchmarks.growth.report import growth_json, growth_table
from benchmarks.growth.run import measure_growth
from benchmarks.limits import limits_json, limits_table, measure_limits
from benchmarks.measure import QUICK, BenchmarkError, Plan
from benchmarks.report import speed_json, speed_table
from benchmarks.search import measure_search, search_json, search_table
from benchmarks.speed import measure_speed
from benchmarks.surfaces import measure_surfaces, surfaces_json, surfaces_table

#: What is measured in a folder: the table, and what goes into a file.
Measured = tuple[str, dict[str, Any]]


def main() -> int:
    arguments = _arguments()
    measures: dict[str, Callable[[Path, argparse.Namespace], Measured]] = {
        "speed": _speed,
        "growth": _growth,
        "costs": _costs,
        "limits": _limits,
        "bulk": _bulk,
        "events": _events,
        "surfaces": _surfaces,
        "search": _search,
        "cms": _cms,
    }
    try:
        with tempfile.TemporaryDirectory(prefix="sparx-bench-", dir=arguments.home) as home:
            table, found = measures[arguments.what](Path(home), arguments)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    whats = ("speed", "growth", "costs", "limits", "bulk", "events", "surfaces", "search", "cms")
    parser.add_argument("what", nargs="?", choices=whats, default="speed")
    parser.add_argument("--quick", action="store_true", help="see that it works; measures nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to a file")
    parser.add_argument("--runs", type=int, metavar="N", help="speed, costs: runs of each (3)")
    parser.add_argument(
        "--seconds", type=int, metavar="N", help="speed, costs: length of a run (8)"
    )
    parser.add_argument(
        "--plans", type=Path, metavar="FILE", help="growth: write how PostgreSQL finds each page"
    )
    parser.add_argument(
        "--home", type=Path, metavar="FOLDER", help="where the database is made (temporary files)"
    )
    return parser.parse_args()


def _plan(arguments: argparse.Namespace) -> Plan:
    plan = QUICK if arguments.quick else Plan()
    if arguments.runs:
        plan = replace(plan, runs=arguments.runs)
    if arguments.seconds:
        plan = replace(plan, seconds=arguments.seconds)
    return plan


def _costs(home: Path, arguments: argparse.Namespace) -> Measured:
    costs = measure_costs(home, _plan(arguments), _say)
    return costs_table(costs), costs_json(costs)


def _limits(home: Path, arguments: argparse.Namespace) -> Measured:
    costs = measure_limits(home, _plan(arguments), _say)
    return limits_table(costs), limits_json(costs)


def _events(home: Path, arguments: argparse.Namespace) -> Measured:
    found = measure_effects(home, narrowed(_plan(arguments)), _say)
    return effects_table(found), effects_json(found)


def _surfaces(home: Path, arguments: argparse.Namespace) -> Measured:
    found = measure_surfaces(home, _plan(arguments), _say)
    return surfaces_table(found), surfaces_json(found)


def _search(home: Path, arguments: argparse.Namespace) -> Measured:
    found = measure_search(home, quick=arguments.quick, say=_say)
    return search_table(found), search_json(found)


def _cms(home: Path, arguments: argparse.Namespace) -> Measured:
    found = measure_cms(home, quick=arguments.quick, say=_say)
    return cms_table(found), cms_json(found)


def _bulk(home: Path, arguments: argparse.Namespace) -> Measured:
    found = measure_bulk(home, quick=arguments.quick, say=_say)
    return bulk_table(found), bulk_json(found)


def _speed(home: Path, arguments: argparse.Namespace) -> Measured:
    speed = measure_speed(home, _plan(arguments), _say)
    return speed_table(speed), speed_json(speed)


def _growth(home: Path, arguments: argparse.Namespace) -> Measured:
    plan = QUICK_GROWTH if arguments.quick else GrowthPlan()
    growth = measure_growth(home, plan, _say, arguments.plans)
    return growth_table(growth), growth_json(growth)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

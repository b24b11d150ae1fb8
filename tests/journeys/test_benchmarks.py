"""The benchmarks still work. What they measure is not tested: times depend on the machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.live.processes import environment, require

ROOT = Path(__file__).parents[2]


def _run(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _quickly(folder: Path, *arguments: str | Path) -> tuple[str, Any]:
    """The tables of a quick run, and what it found."""
    found = folder / "found.json"
    done = _run(*arguments, "--quick", "--json", found, "--home", folder)
    assert done.returncode == 0, done.stderr
    report = json.loads(found.read_text())
    found.unlink()
    assert report["machine"]["fsync"] == "on"
    assert [one.name for one in folder.glob("sparx-bench-*")] == [], "the database was left"
    return done.stdout, report


def test_a_quick_run_measures_all_sides_with_the_same_statements(folder: Path) -> None:
    require("wrk")
    table, report = _quickly(folder)
    assert re.search("Events: one worker handled [0-9]+ deliveries of order.created", table)
    assert "python -m benchmarks growth" in table
    pgbench, ordinary = {"api", "literal", "prepared"}, {"ordinary"}
    sides = {
        "get": pgbench | ordinary,
        "detail": pgbench,
        "list": pgbench | ordinary,
        "include": pgbench,
        "filter": pgbench,
        "search": pgbench,
        "place": pgbench,
        "priced": pgbench,
    }
    assert {name: set(one) - {"messages", "ratios"} for name, one in _operations(report)} == sides
    for name, operation in _operations(report):
        assert operation["messages"] >= 1
        for side in sides[name]:
            assert [run["rate"] > 0 for run in operation[side]["runs"]] == [True], (name, side)
    statements = report["statements"]
    # Six reads of five tenants; each is compiled once, and then found.
    assert (statements["requests"], statements["misses"]) == (30, 6)
    assert statements["hits"] == 24


def test_a_quick_run_of_growth_asks_each_size_the_same(folder: Path) -> None:
    plans = folder / "plans"
    table, report = _quickly(folder, "growth", "--plans", plans)
    assert "one tenant of 200, 400, 800 orders beside 3 tenants with 20 each" in table
    pages = report["pages"]
    assert pages["first page"]["matches"] == [200, 400, 800]
    assert pages["q: one order number"]["matches"] == [1, 1, 1]
    for title, page in pages.items():
        assert len(page["pages"]) == 3, title
        assert all(len(taken) >= 1 for taken in page["pages"]), title
    counted = {title for title, page in pages.items() if page["kept"]}
    assert counted == {title for title, page in pages.items() if len(page["plain"]) == 3}
    assert {"first page", "status=placed", "sort=total"} <= counted
    assert [(len(one["on"]), len(one["off"])) for one in report["writes"].values()] == [(2, 2)] * 3
    assert plans.read_text().count("\n\n-- ") == len(pages) - 1
    assert plans.read_text().count("Execution Time") == len(pages)


def test_a_quick_run_of_events_follows_each_to_its_effects(folder: Path) -> None:
    require("redis-server")
    table, report = _quickly(folder, "events")
    assert "An order, with subscriptions" in table
    measured = {(one["what"], one["queue"]): one for one in report["effects"]}
    assert set(measured) == {
        (what, queue)
        for what in ("handlers", "three webhooks")
        for queue in ("PostgreSQL", "Redis")
    }
    for what, one in measured.items():
        assert one["rate"] > 0, what
        assert one["bare"] > 0, what
        assert len(one["latencies"]) == report["plan"]["orders"], what
    assert list(report["orders"]) == ["no trigger", "none", "one", "three"]
    assert len({len(one["seconds"]) for one in report["orders"].values()}) == 1


def test_a_quick_run_of_search_finds_what_it_asks_for(folder: Path) -> None:
    table, report = _quickly(folder, "search")
    assert "600 records of five kinds" in table
    hits = {one["title"]: one["hits"] for one in report["searches"]}
    assert hits["an order's number"] == 1
    assert hits["an e-mail address"] >= 1, "and the orders of whose it is, if there are any"
    assert hits["a word of all addresses"] == 20
    assert hits["a word that nobody has"] == hits["a number that nobody has"] == 0
    assert {len(one["database"]) for one in report["searches"]} == {report["plan"]["times"]}


def test_a_quick_run_of_content_reads_in_one_message_whatever_is_included(folder: Path) -> None:
    table, report = _quickly(folder, "cms")
    assert "300 entries and 100 redirects in one tenant" in table
    asked = {one["title"]: one for one in report["asked"]}
    assert asked["list 50, three includes"]["messages"] == 1
    assert asked["list 50, three includes"]["matches"] == 240
    assert [asked[one]["matches"] for one in ("by slug", "by slug in German")] == [1, 1]
    assert asked["a word, 1 in 10"]["matches"] == 24
    assert {len(one["database"]) for one in asked.values()} == {2, 3}, "a release has three runs"


def test_without_wrk_it_says_what_to_install(tmp_path: Path) -> None:
    done = _run("--quick", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "apt-get install wrk" in done.stderr
    assert done.stdout == ""


def _operations(report: Any) -> list[tuple[str, Any]]:
    return list(report["operations"].items())

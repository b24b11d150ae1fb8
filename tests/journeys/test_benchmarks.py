"""The benchmarks still work. What they measure is not tested: times depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.live.processes import environment, require

ROOT = Path(__file__).parents[2]


def test_a_quick_run_measures_all_sides_with_the_same_statements(folder: Path) -> None:
    require("wrk")
    found = folder / "found.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json", found, "--home", folder],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Events: one worker handled 50 order.created" in done.stdout
    report = json.loads(found.read_text())
    assert report["machine"]["fsync"] == "on"
    assert set(report["operations"]) == {"get", "list", "place"}
    for name, operation in report["operations"].items():
        assert operation["messages"] >= 1
        for side in ("api", "literal", "prepared"):
            assert [run["rate"] > 0 for run in operation[side]["runs"]] == [True], (name, side)
    assert list(folder.iterdir()) == [found], "the database was not removed"


def test_without_wrk_it_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"],
        cwd=ROOT,
        env=environment(PATH=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "apt-get install wrk" in done.stderr
    assert done.stdout == ""

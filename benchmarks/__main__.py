"""``python -m benchmarks``: fill a database, measure, print one table."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from benchmarks import pgbench, wrk
from benchmarks.capture import capture
from benchmarks.events import drain
from benchmarks.installation import Installation
from benchmarks.measure import QUICK, BenchmarkError, Plan
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.report import Result, as_json, machine, table


def main() -> int:
    arguments = _arguments()
    plan = QUICK if arguments.quick else Plan()
    if arguments.runs:
        plan = replace(plan, runs=arguments.runs)
    if arguments.seconds:
        plan = replace(plan, seconds=arguments.seconds)
    load = os.getloadavg()[0]
    try:
        wrk.require_wrk()
        with (
            tempfile.TemporaryDirectory(prefix="sparx-bench-", dir=arguments.home) as home,
            closing(Installation(Path(home), plan)) as installation,
        ):
            installation.fill(_say)
            results = _measure(installation, Path(home) / "scripts")
            _say("Draining events")
            events = drain(installation)
            where = machine(_facts(installation), load)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(table(plan, where, results, events))
    if arguments.json:
        found = as_json(plan, where, results, events)
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="see that it works; measures nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to a file")
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each (3)")
    parser.add_argument("--seconds", type=int, metavar="N", help="length of a run (10)")
    parser.add_argument(
        "--home", type=Path, metavar="FOLDER", help="where the database is made (temporary files)"
    )
    return parser.parse_args()


def _measure(installation: Installation, folder: Path) -> list[Result]:
    results = []
    for operation in OPERATIONS:
        results.append(_measure_one(installation, operation, folder / operation.name))
        installation.settle()
    return results


def _measure_one(installation: Installation, operation: Operation, folder: Path) -> Result:
    """The sides in turn, run by run: whatever the machine does, it does to all of them."""
    plan, targets = installation.plan, installation.targets
    captured = capture(installation, operation, targets)
    scripts = {
        "literal": pgbench.write_scripts(folder / "literal", captured, prepared=False),
        "prepared": pgbench.write_scripts(folder / "prepared", captured, prepared=True),
    }
    requests = folder / "requests.lua"
    wrk.write_script(requests, operation, targets)
    result = Result(operation, len(captured[0].prepared))
    with installation.serving():
        for number in range(plan.runs):
            _say(f"{operation.title}: run {number + 1} of {plan.runs}")
            wrk.run(requests, installation.url, plan, plan.warm_up)
            result.runs["api"].append(wrk.run(requests, installation.url, plan, plan.seconds))
            for side, paths in scripts.items():
                run = pgbench.run(folder / side, paths, installation.urls.app, plan)
                result.runs[side].append(run)
    return result


def _facts(installation: Installation) -> dict[str, str]:
    ((version,),) = installation.execute("SHOW server_version")
    ((fsync,),) = installation.execute("SHOW fsync")
    return {"postgresql": version, "fsync": fsync}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

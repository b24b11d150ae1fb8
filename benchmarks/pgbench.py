"""pgbench runs captured SQL: one script for each tenant, as ``sparx_app``, one message a line."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.capture import ID, Captured, digits
from benchmarks.measure import BenchmarkError, Plan, Run, percentile
from sparx_core.db import embedded

#: Ids of a run begin at another number each time, so that none is inserted twice.
_numbers = itertools.count(10_000_000, 1_000_000)
_FAILED = re.compile(r"number of failed transactions: (\d+)")


def write_scripts(folder: Path, captured: Sequence[Captured], *, prepared: bool) -> list[Path]:
    """A script for each captured request."""
    folder.mkdir(parents=True)
    paths = []
    for number, one in enumerate(captured):
        path = folder / f"{number:03}.sql"
        path.write_text("\n".join(_script(one, prepared=prepared)) + "\n")
        paths.append(path)
    return paths


def run(folder: Path, scripts: Sequence[Path], url: str, plan: Plan) -> Run:
    """One run after its warm-up; every figure is of the time after that."""
    program = embedded.binaries() / "pgbench"
    log = folder / "log"
    for old in folder.glob("log.*"):
        old.unlink()
    length = f"--time={plan.warm_up + plan.seconds}"
    if plan.transactions is not None:
        length = f"--transactions={plan.transactions}"
    done = subprocess.run(
        [
            str(program),
            *("--no-vacuum", "--protocol=simple", f"--client={plan.connections}", "--jobs=2"),
            *(length, "--log", f"--log-prefix={log}"),
            *("--define=ready=0", f"--define=n={next(_numbers)}", "--exit-on-abort"),
            *(f"--file={path}" for path in scripts),
            url,
        ],
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = _FAILED.search(done.stdout)
    if done.returncode != 0 or failed is None or failed[1] != "0":
        raise BenchmarkError(f"pgbench failed:\n{done.stdout[-500:]}{done.stderr[-2000:]}")
    return _read(folder.glob("log.*"), plan)


def _script(captured: Captured, *, prepared: bool) -> Iterator[str]:
    if prepared and captured.definitions:
        # Once for each connection: variables outlive a transaction, and all scripts share them.
        yield "\\if :ready = 0"
        yield from (f"{text};" for text in captured.definitions)
        yield "\\set ready 1"
        yield "\\endif"
    if captured.fresh:
        yield "\\set n :n + 1"
        yield "\\set c :client_id + 100"
    for message in captured.prepared if prepared else captured.literal:
        # A message of several statements stays one.
        yield ID.sub(partial(_renewed, captured.fresh), message).replace(";", "\\;") + ";"


def _renewed(fresh: Sequence[str], found: re.Match[str]) -> str:
    """An id of the captured request as each transaction has another; others as they are."""
    if digits(found[0]) not in fresh:
        return found[0]
    # As UUIDv7 grows with time, so do these with n.
    return f":n-0000-7000-8:c-{fresh.index(digits(found[0])):012}"


def _read(logs: Iterator[Path], plan: Plan) -> Run:
    """Lines of ``client number microseconds script epoch microseconds``."""
    ends: list[tuple[float, float]] = []
    for log in logs:
        for line in log.read_text().splitlines():
            fields = line.split()
            ends.append((int(fields[4]) + int(fields[5]) / 1e6, int(fields[2]) / 1000))
    if not ends:
        raise BenchmarkError("pgbench finished no transaction")
    began = max(end for end, _ in ends) - plan.seconds
    counted = sorted(took for end, took in ends if end > began)
    return Run(len(counted) / plan.seconds, percentile(counted, 0.5), percentile(counted, 0.99))

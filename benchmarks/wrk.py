"""wrk drives the API: 16 connections that are kept open, over all tenants in turn."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.installation import Server
from benchmarks.machine import processor_seconds
from benchmarks.measure import BenchmarkError, Plan, Run
from benchmarks.operations import Operation, Target

#: What each script tells at the end.
DONE = """\
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "errors": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""

_SCRIPT = """\
local requests = {{}}
local turn = 0

-- Each thread of wrk has a state of its own; they begin at different tenants.
local threads = 0
function setup(thread)
  thread:set("offset", threads * {half})
  threads = threads + 1
end

function init(args)
  for _, one in ipairs({targets}) do
    local headers = {{ ["Authorization"] = "Bearer " .. one[1],
                      ["Content-Type"] = "application/json" }}
    table.insert(requests, wrk.format("{method}", one[2], headers, one[3]))
  end
  turn = offset
end

function request()
  turn = turn + 1
  return requests[turn % #requests + 1]
end

{done}"""


def require_wrk() -> None:
    """Raises ``BenchmarkError`` if wrk is missing."""
    if shutil.which("wrk") is None:
        raise BenchmarkError(
            "wrk, which drives the API, is missing. Debian and Ubuntu: apt-get install wrk;"
            " macOS: brew install wrk"
        )


def write_script(path: Path, operation: Operation, targets: Sequence[Target]) -> None:
    """The requests of an operation, ready to be sent."""
    rows = []
    for target in targets:
        body = operation.body(target)
        text = "nil" if body is None else json.dumps(json.dumps(body))
        rows.append(f'{{ "{target.key}", "{operation.path(target)}", {text} }}')
    lua = "{\n    " + ",\n    ".join(rows) + " }"
    path.write_text(
        _SCRIPT.format(
            targets=lua, method=operation.method, half=max(len(targets) // 2, 1), done=DONE
        )
    )


def run(
    script: Path, server: Server, plan: Plan, seconds: int, *, postgres: int | None = None
) -> Run:
    """One run; raises ``BenchmarkError`` unless every answer was a success.

    With the process id of ``postgres`` it tells the processor time of a request, too.
    """
    before = _used(server, postgres)
    done = subprocess.run(
        [
            *("wrk", "--threads", "2", "--connections", str(plan.connections)),
            *("--duration", f"{seconds}s", "--timeout", "10s", "--script", str(script), server.url),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode != 0 or len(lines) != 1:
        raise BenchmarkError(f"wrk failed:\n{done.stdout[-500:]}{done.stderr[-500:]}")
    found = json.loads(lines[0].removeprefix("RESULT "))
    if found["errors"] or not found["requests"]:
        raise BenchmarkError(f"not every answer was a success: {found}")
    rate = found["requests"] / found["microseconds"] * 1e6
    after = _used(server, postgres)
    cpu = [
        None if begin is None or end is None else (end - begin) * 1000 / found["requests"]
        for begin, end in zip(before, after, strict=True)
    ]
    return Run(rate, found["p50"] / 1000, found["p99"] / 1000, *cpu)


def _used(server: Server, postgres: int | None) -> tuple[float | None, float | None]:
    if postgres is None:
        return None, None
    return processor_seconds(server.pid), processor_seconds(postgres)

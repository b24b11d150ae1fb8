"""Many rows at once: a batch beside single requests, and files of customers in and out."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.installation import Installation, Say
from benchmarks.measure import BenchmarkError
from benchmarks.operations import ITEMS, ORDERS

CUSTOMERS = "/v1/crm/customers"
#: Orders of a batch and of as many single requests, and customers of a file.
BATCH, ROWS, QUICK_ROWS = 1_000, 100_000, 2_000
_ROWS_OF_A_WRITE = 5_000
_WARMING = 1_500


@dataclass(frozen=True)
class Bulk:
    """Seconds, and the largest memory of processes in MiB before and after."""

    rows: int
    single: float
    batch: float
    seconds: dict[str, float]
    memory: dict[str, tuple[float, float]]


class Client:
    """One key's view of a server, by one connection that is kept."""

    def __init__(self, url: str, key: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=300)
        self.headers = {"Authorization": f"Bearer {key}"}

    def call(self, method: str, path: str, body: Any = None, media: str = "") -> Any:
        """What is in ``data``."""
        sent = json.dumps(body).encode() if body is not None and not media else body
        headers = {**self.headers, "Content-Type": media or "application/json"}
        self.connection.request(method, path, body=sent, headers=headers)
        answer = self.connection.getresponse()
        told = json.loads(answer.read())
        if not told["success"]:
            raise BenchmarkError(f"{method} {path}: {told['error']}")
        return told["data"]

    def finished(self, job: Any) -> tuple[Any, float]:
        """A job when it is over, and how long that took."""
        began = time.monotonic()
        while job["state"] in ("queued", "running"):
            time.sleep(0.2)
            job = self.call("GET", f"/v1/jobs/{job['id']}")
        if job["state"] != "succeeded" or job["rowsFailed"]:
            raise BenchmarkError(f"the job came to nothing: {job}")
        return job, time.monotonic() - began

    def downloaded(self, path: str) -> int:
        """The bytes of a file, read as they come."""
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        size = 0
        while part := answer.read(65_536):
            size += len(part)
        return size


def measure_bulk(home: Path, *, quick: bool, say: Say) -> Bulk:
    """Place orders one by one and in a batch; import, export and undo customers."""
    rows = QUICK_ROWS if quick else ROWS
    with closing(Installation(home, 1)) as installation:
        (key,) = installation.make_tenants(1)
        with installation.serving() as server, installation.working():
            client = Client(server.url, key)
            _files(client, _WARMING, say)
            before = _memory(home, server.pid)
            seconds = _files(client, rows, say)
            after = _memory(home, server.pid)
            # Last, because the worker is busy with their events for a while.
            single, batch = _orders(client, say)
        memory = {name: (before[name], after[name]) for name in before if name in after}
    return Bulk(rows, single, batch, seconds, memory)


def _orders(client: Client, say: Say) -> tuple[float, float]:
    customer = client.call("POST", CUSTOMERS, {"name": "Ann"})["id"]
    order = {"customerId": customer, "currency": "USD", "items": ITEMS}
    entries = {"items": [{"op": "create", "data": order}] * BATCH}
    for _ in range(20):
        client.call("POST", ORDERS, order)
    client.call("POST", f"{ORDERS}/batch", entries)
    say(f"{BATCH} orders one by one")
    began = time.monotonic()
    for _ in range(BATCH):
        client.call("POST", ORDERS, order)
    single = time.monotonic() - began
    say(f"{BATCH} orders in a batch")
    began = time.monotonic()
    for _ in range(3):
        client.call("POST", f"{ORDERS}/batch", entries)
    return single, (time.monotonic() - began) / 3


def _files(client: Client, rows: int, say: Say) -> dict[str, float]:
    found = {}
    say(f"import of {rows} customers")
    began = time.monotonic()
    job = client.call("POST", f"{CUSTOMERS}/import", _table(rows), "text/csv")
    found["upload"] = time.monotonic() - began
    job, found["import"] = client.finished(job)
    say("export")
    exported, found["export"] = client.finished(client.call("POST", f"{CUSTOMERS}/export", {}))
    began = time.monotonic()
    if client.downloaded(f"/v1/jobs/{exported['id']}/file") != exported["bytesTotal"]:
        raise BenchmarkError("the file did not come whole")
    found["download"] = time.monotonic() - began
    say("undo")
    _, found["undo"] = client.finished(client.call("POST", f"/v1/jobs/{job['id']}/undo", {}))
    return found


def _table(rows: int) -> Iterator[bytes]:
    yield b"name,email,phone,tags\r\n"
    for start in range(0, rows, _ROWS_OF_A_WRITE):
        yield "".join(
            f"Customer {number},c{number}@example.com,'+14155552671,workshop;fleet\r\n"
            for number in range(start, min(rows, start + _ROWS_OF_A_WRITE))
        ).encode()


def _memory(home: Path, server: int) -> dict[str, float]:
    """The peaks of the API's processes and of the worker so far."""
    found = {"api": 0.0, "worker": 0.0}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            command = (status.parent / "cmdline").read_bytes()
            environment = (status.parent / "environ").read_bytes()
        except (OSError, ValueError):
            continue
        if str(home).encode() not in environment or "VmHWM" not in lines:
            continue
        peak = int(lines["VmHWM"].split()[0]) / 1024
        if int(lines["PPid"]) == server or status.parent.name == str(server):
            found["api"] = max(found["api"], peak)
        elif b"worker" in command:
            found["worker"] = max(found["worker"], peak)
    return found


def bulk_table(found: Bulk) -> str:
    """What was measured, for people."""
    lines = [
        f"{BATCH} orders one by one {found.single:.2f} s, in a batch {found.batch:.2f} s:"
        f" {found.single / found.batch:.1f} times",
        f"{found.rows} customers:",
        *(
            f"  {name:10} {seconds:7.1f} s {found.rows / seconds:10.0f} rows/s"
            for name, seconds in found.seconds.items()
        ),
        *(
            f"  peak of {name}: {before:.0f} MiB before, {after:.0f} MiB after"
            for name, (before, after) in found.memory.items()
        ),
    ]
    return "\n".join(lines)


def bulk_json(found: Bulk) -> dict[str, Any]:
    return asdict(found)

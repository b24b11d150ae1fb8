"""`make run` in a copy of the project: what is printed works when it is pasted, every time."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
#: From nothing: a virtual environment and everything in it.
INSTALL_SECONDS = 300.0


def environment(port: int) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SPARX_", "PYTHON", "MAKE")) and name != "VIRTUAL_ENV"
    }
    return {**kept, "PORT": str(port)}


def until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone") / "sparx"
    left = (".git", ".venv", ".sparx", "__pycache__", ".*_cache", "*.egg-info", "build", "dist")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*left))
    return folder


class MakeRun:
    """`make run` without a terminal."""

    def __init__(self, checkout: Path, port: int) -> None:
        self.checkout, self.port = checkout, port
        self.printed = checkout.parent / f"out-{time.monotonic_ns()}"
        self.log = self.printed.with_suffix(".log")
        with self.printed.open("w") as printed, self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["make", "run"],
                cwd=checkout,
                env=environment(port),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=log,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.printed.read_text()

    def wait_for_box(self) -> str:
        def there() -> bool:
            assert self.process.poll() is None, self.text() + self.log.read_text()
            return "module list" in self.text()

        assert until(there, INSTALL_SECONDS), self.log.read_text()
        return self.text()

    def paste(self, command: str) -> Any:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.checkout,
            env=environment(self.port),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def get(self, path: str, key: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def stop(self, number: signal.Signals) -> None:
        # As a terminal or a service manager does: the whole group gets it.
        os.killpg(self.process.pid, number)
        self.process.wait(timeout=60)


@pytest.fixture
def make_run(checkout: Path) -> Iterator[Callable[[], MakeRun]]:
    running: list[MakeRun] = []
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]

    def start() -> MakeRun:
        running.append(MakeRun(checkout, port))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.stop(signal.SIGKILL)


def test_first_order_from_nothing(make_run: Callable[[], MakeRun]) -> None:
    first = make_run()
    box = first.wait_for_box()
    (curl,) = re.findall(r"^curl .*?^  }'$", box, re.MULTILINE | re.DOTALL)
    (key,) = set(re.findall(r"sk_live_\w+", box))

    order = first.paste(curl.replace("curl ", "curl -sS ", 1))["data"]
    assert order["orderNumber"] == "1001"
    assert (order["status"], order["paymentStatus"]) == ("placed", "unpaid")
    assert order["total"] == 2316.00

    def counted() -> bool:
        customer = first.get(f"/v1/crm/customers/{order['customerId']}", key)["data"]
        return bool(customer["orderCount"] == 1 and customer["totalSpent"] == 2316.00)

    assert until(counted, 20), "the worker did not handle order.created"

    made = first.paste(".venv/bin/sparx tenant create acme --modules crm --json")
    assert sorted(made) == ["apiKey", "slug", "tenantId"]
    assert first.get("/v1/crm/orders", made["apiKey"])["data"] == []

    first.stop(signal.SIGINT)
    second = make_run()
    again = second.wait_for_box()
    assert "Installing" not in again
    assert key in again
    (curl,) = re.findall(r"^curl .*?^  }'$", again, re.MULTILINE | re.DOTALL)
    assert second.paste(curl.replace("curl ", "curl -sS ", 1))["data"]["orderNumber"] == "1002"
    second.stop(signal.SIGTERM)


def test_machine_without_a_usable_python_is_told_what_to_do(checkout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(".venv", ".sparx"))
    done = subprocess.run(
        ["make", "run", "PYTHON=/nowhere/python3"],
        cwd=copy,
        env=environment(1),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (copy / ".venv").exists()

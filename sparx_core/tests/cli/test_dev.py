"""``sparx dev``: from nothing to a working key, again and again, and nothing left behind."""

from __future__ import annotations

import http.client
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sparx_core.cli.demo import Demo
from sparx_core.cli.dev import Box
from sparx_core.db.embedded_guard import data_directory, running_pid
from sparx_core.settings import Settings

if TYPE_CHECKING:
    from conftest import Sparx


def until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Dev:
    """``sparx dev --json``, running."""

    def __init__(self, home: Path, port: int, environment: dict[str, str]) -> None:
        self.home, self.port = home, port
        self.log = home.parent / "dev.log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sparx_core.cli", "dev", "--json"],
                env={**environment, "PORT": str(port), "SPARX_API_PROCESSES": "1"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=home.parent,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.box: dict[str, Any] = json.loads(line)

    def get(self, path: str, key: str | None = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(
                "GET", path, headers={"Authorization": f"Bearer {key}"} if key else {}
            )
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.get("/ready")[0] == 200
        except OSError:
            return False

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def nothing_is_left(self) -> bool:
        return (
            not any(alive(pid) for pid in self.box["processes"].values())
            and not self.answers()
            and running_pid(data_directory(self.home)) is None
        )


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2]
    except OSError:
        return False
    return not state.startswith("Z")


@pytest.fixture
def start(sparx: Sparx, tmp_path: Path, free_port: int) -> Iterator[Callable[[], Dev]]:
    running: list[Dev] = []
    home = tmp_path / "home"

    def run() -> Dev:
        running.append(Dev(home, free_port, type(sparx)(home).environment()))
        return running[-1]

    yield run
    for dev in running:
        if dev.process.poll() is None:
            dev.end(signal.SIGKILL)
    assert all(until(dev.nothing_is_left) for dev in running)


def test_second_run_shows_the_same_working_key(start: Callable[[], Dev], tmp_path: Path) -> None:
    first = start()
    status, answer = first.get("/v1/me", first.box["apiKey"])
    assert status == 200
    assert answer["data"]["tenant"]["slug"] == first.box["tenant"] == "demo"
    assert first.box["webhooksToLoopback"] is True
    kept = tmp_path / "home" / "demo.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert first.end(signal.SIGTERM) == 0
    assert until(first.nothing_is_left, 5)

    second = start()
    assert second.box["apiKey"] == first.box["apiKey"]
    assert second.box["customerId"] == first.box["customerId"]
    assert second.get("/v1/me", second.box["apiKey"])[0] == 200
    assert second.end(signal.SIGINT) == 0
    assert until(second.nothing_is_left, 5)

    kept.unlink()  # the secret is lost: another key, the same tenant
    third = start()
    assert third.box["apiKey"] != first.box["apiKey"]
    assert third.get("/v1/me", third.box["apiKey"])[0] == 200
    assert third.box["customerId"] == first.box["customerId"]


@pytest.mark.parametrize(
    ("setting", "told"), [("loopback", "allowed"), ("1", "allowed"), ("off", "refused")]
)
def test_box_says_whether_webhooks_reach_this_machine(setting: str, told: str) -> None:
    settings = Settings.load({"SPARX_WEBHOOK_ALLOW_PRIVATE": setting})
    box = Box(settings, Demo("demo", "sk_live_x"), ["crm"], {})
    line = f"  Webhooks to localhost are {told} (SPARX_WEBHOOK_ALLOW_PRIVATE)"
    assert line in box.text(1.0).splitlines()
    assert box.value()["webhooksToLoopback"] is (told == "allowed")


def test_children_that_die_come_back_and_none_survives_a_kill(start: Callable[[], Dev]) -> None:
    dev = start()
    for name in ("API", "worker"):
        os.kill(dev.box["processes"][name], signal.SIGKILL)
        assert until(lambda name=name: f"The {name} died (signal 9)" in dev.log.read_text())
    assert until(lambda: dev.log.read_text().count("Listening at") == 2)
    assert until(lambda: dev.log.read_text().count("worker_started") == 2)
    assert until(dev.answers)
    assert dev.end(signal.SIGKILL) == -signal.SIGKILL
    assert until(lambda: not dev.answers())
    assert until(dev.nothing_is_left)


def test_commands_in_another_terminal_use_the_same_database(
    start: Callable[[], Dev], sparx: Sparx
) -> None:
    dev = start()
    command = type(sparx)(dev.home)
    made = command.json("tenant", "create", "acme")
    status, answer = dev.get("/v1/me", made["apiKey"])
    assert (status, answer["data"]["tenant"]["slug"]) == (200, "acme")
    command.json("key", "revoke", made["apiKey"][8:16], "--tenant", "acme")
    assert dev.get("/v1/me", made["apiKey"])[0] == 401

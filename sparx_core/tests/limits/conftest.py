"""Applications with limits of their own over the one installation, and a Redis."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from sparx_core.app import create_app
from sparx_core.limits.rate import parse_rate
from sparx_core.runtime import Runtime
from sparx_core.testing import Api

Limited = Callable[..., Api]


@pytest.fixture
def limited(installation: Runtime) -> Limited:
    """``limited(key="5/hour")``: the API of a process with these limits, for nobody yet.

    Windows of an hour do not end while a test runs, but once in a thousand times.
    """

    def make(**limits: Any) -> Api:
        rates = {f"rate_limit_{name}": parse_rate(limits.pop(name)) for name in list(limits)
                 if name in ("key", "tenant", "address")}  # fmt: skip
        settings = replace(installation.settings, api_processes=1, **rates, **limits)
        return Api(create_app(replace(installation, settings=settings)))

    return make


@dataclass
class RedisServer:
    """Debian's, on a free port of this machine, with nothing on disk."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def socket(self) -> Path:
        return self.folder / "redis.sock"

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program is not None
        self.process = subprocess.Popen(
            [
                *(program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""),
                *("--unixsocket", str(self.socket)),
            ],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                self.client().ping()
            except RedisError:
                assert time.monotonic() < deadline, "redis-server does not start"
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def client(self) -> Any:
        return Redis.from_url(self.url, socket_timeout=5)


@pytest.fixture(scope="package")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("redis-server is missing; install it, the tests are not complete without")
        # Where everything must run, a test that does not is a failure.
        told = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        told("redis-server is not installed")
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    server = RedisServer(tmp_path_factory.mktemp("redis"), port)
    yield server
    server.kill()


@pytest.fixture
def redis(redis_process: RedisServer) -> RedisServer:
    """Running, and empty."""
    if redis_process.process is None:
        redis_process.start()
    client = redis_process.client()
    client.config_set("maxmemory", 0)
    client.flushall()
    return redis_process

"""The receivers of webhooks that the documentation shows, running."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.processes import environment, free_port, require, until

DOCS = Path(__file__).parents[2] / "docs" / "webhooks"
#: The language, and how the documentation says that it is started.
COMMANDS = {
    "Python": (sys.executable, "receiver.py"),
    "JavaScript": ("node", "receiver.js"),
    "PHP": ("php", "-S", "127.0.0.1:{port}", "receiver.php"),
}


@dataclass(frozen=True)
class Receiver:
    """One of them, which prints a line for each event that it had not seen."""

    language: str
    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def printed(self) -> list[str]:
        return (self.folder / f"printed-{self.port}").read_text().splitlines()

    @contextmanager
    def listening(self, secret: str) -> Iterator[None]:
        command = [part.format(port=self.port) for part in COMMANDS[self.language]]
        require(command[0])
        given = {"SPARX_WEBHOOK_SECRET": secret, "PORT": str(self.port), "TMPDIR": str(self.folder)}
        with (self.folder / f"printed-{self.port}").open("w") as output:
            process = subprocess.Popen(
                command,
                env=environment(**given, PYTHONDONTWRITEBYTECODE="1"),
                stdout=output,
                stderr=subprocess.DEVNULL,
                cwd=DOCS,
            )
        try:
            until(lambda: self.send(b"", {}, "PUT") != 0, 60, "it listens")
            yield
        finally:
            process.kill()
            process.wait()

    def send(self, body: bytes, headers: dict[str, str], method: str = "POST") -> int:
        """The status; 0 if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, "/hook", body, headers)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

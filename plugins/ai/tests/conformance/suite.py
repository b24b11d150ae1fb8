"""The suite itself: installed from npm, with the Node that it needs, and run against an address."""

from __future__ import annotations

import json
import platform
import re
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "@modelcontextprotocol/conformance"
#: A Node of its own: the suite needs a newer one than many machines have.
PACKAGES = (f"{PACKAGE}@0.2.0-alpha.12", "node-linux-{0}@22.23.3")
#: Seconds that a process may take on a busy machine.
PATIENCE = 300


@dataclass(frozen=True)
class Suite:
    """An installed suite; ``folder`` has its packages and takes its reports."""

    folder: Path
    node: Path

    @classmethod
    def installed(cls, folder: Path) -> Suite:
        machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
        packages = [one.format(machine) for one in PACKAGES]
        _run(
            folder,
            *("npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts"),
            *("--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", *packages),
        )
        return cls(folder, folder / "node_modules" / f"node-linux-{machine}" / "bin" / "node")

    def required(self, revision: str) -> list[str]:
        """The scenarios for servers that count for a revision, as the suite itself lists them."""
        path = self.folder / "node_modules" / PACKAGE / "requirements" / f"{revision}.yaml"
        (found,) = re.findall(r"^server:\n((?:  - .+\n)+)", path.read_text(), re.MULTILINE)
        return [line.strip()[2:] for line in found.splitlines()]

    def checks(self, url: str, revision: str) -> dict[str, Any]:
        """What each scenario found, by its name: a list of checks with ``id`` and ``status``."""
        reports = self.folder / f"reports-{secrets.token_hex(4)}"
        # It fails if one scenario does, and also runs some that do not count.
        _run(
            self.folder,
            *(self.node, f"node_modules/{PACKAGE}/dist/index.js", "server"),
            *("--url", url, "-o", reports, "--requirements", revision),
            must=False,
        )
        found = {}
        for path in reports.rglob("checks.json"):
            name = re.sub(r"^server-(.*)-\d{4}-\d\d-\d\dT.*$", r"\1", path.parent.name)
            found[name] = json.loads(path.read_text())
        return found


def _run(folder: Path, *command: str | Path, must: bool = True) -> str:
    done = subprocess.run(
        [str(one) for one in command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=folder,
    )
    assert not must or done.returncode == 0, done.stdout + done.stderr
    return done.stdout

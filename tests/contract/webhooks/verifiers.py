"""The verifiers that are shown to receivers, and the official packages, each asked about many."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import standardwebhooks
import svix.webhooks
from tests.live.processes import environment, require

from .deliveries import OURS, Delivery

DOCS = Path(__file__).parents[3] / "docs" / "webhooks"
HERE = Path(__file__).parent
#: The official packages of npm.
PACKAGES = ("standardwebhooks@1.1.1", "svix@2.5.0")
#: Seconds that a process may take on a busy machine.
PATIENCE = 120

Verdicts = dict[str, list[bool]]


def load(name: str) -> ModuleType:
    """A program of the documentation as a module."""
    found = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Verifiers:
    """All that can be asked, in a folder with copies of what the documentation shows."""

    folder: Path
    python: Callable[..., bool]

    @classmethod
    def installed(cls, folder: Path) -> Verifiers:
        require("node", "npm", "php")
        for one in (
            *DOCS.glob("verify.*"),
            DOCS / "package.json",
            *HERE.glob("*.mjs"),
            *HERE.glob("*.php"),
        ):
            shutil.copy(one, folder)
        _run(
            folder,
            *("npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts"),
            *("--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", *PACKAGES),
        )
        return cls(folder, load("verify").verify_sparx_webhook)

    def __call__(self, deliveries: Sequence[Delivery]) -> Verdicts:
        """What each verifier says of each delivery."""
        lines = [one.line() for one in deliveries]
        found: Verdicts = {
            "verify.py": [
                self.python(one.raw, one.headers[OURS], one.secret) for one in deliveries
            ],
            "standardwebhooks of PyPI": [
                _accepts(standardwebhooks.Webhook, one) for one in deliveries
            ],
            "svix of PyPI": [_accepts(svix.webhooks.Webhook, one) for one in deliveries],
        }
        for said in (*self.node(lines), *self.php(lines)):
            for name, good in said.items():
                found.setdefault(name, []).append(good)
        return found

    def of_values(self, asked: Sequence[Sequence[Any]]) -> Verdicts:
        """What our verifiers say when they are called with these arguments."""
        lines = [json.dumps({"values": one}) for one in asked]
        return {
            "verify.py": [self.python(*one) for one in asked],
            "verify.js": self.node(lines),
            "verify.php": self.php(lines),
        }

    def node(self, lines: Sequence[str]) -> list[Any]:
        return answers(self.folder, lines, "node", "verifiers.mjs")

    def php(self, lines: Sequence[str]) -> list[Any]:
        return answers(self.folder, lines, "php", "verifiers.php")


def _accepts(package: Callable[[str], Any], one: Delivery) -> bool:
    try:
        package(one.secret).verify(one.raw, dict(one.headers))
    except Exception:
        return False  # each has errors of its own, and some of the standard library
    return True


def answers(folder: Path, lines: Sequence[str], *command: str) -> list[Any]:
    """What a program says of each line; it is started once for all of them."""
    said = _run(folder, *command, given="".join(f"{line}\n" for line in lines))
    # Not splitlines: a text may hold other characters that end a line.
    found = [json.loads(line) for line in said.split("\n") if line]
    assert len(found) == len(lines)
    return found


def _run(folder: Path, *command: str, given: str = "") -> str:
    done = subprocess.run(
        command,
        input=given,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

"""What a stranger has of Sparx: wheels, and virtual environments with nothing else in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: The folder of each distribution, and its package.
DISTRIBUTIONS = {
    "sparx_core": "sparx_core",
    "sparx_crm": "sparx_crm",
    "sparx_cms": "sparx_cms",
    "plugins/ai": "sparx_ai",
}


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """Standard output of a command that must succeed, without this environment's paths.

    ``more`` are further environment variables.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SPARX_", "PYTHON", "PYTEST_")) and name != "VIRTUAL_ENV"
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**environment, **more},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_wheel(source: Path, folder: Path) -> None:
    """Build a distribution with the tools of this environment."""
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
        *("--no-build-isolation", "--wheel-dir", folder, source),
        cwd=folder,
    )


def build_wheels(folder: Path, meta: Path) -> dict[str, Path]:
    """The wheel of each distribution, and of the meta distribution, by its name."""
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, meta)
        else:
            (meta / name).write_text("")
    for source in [*(ROOT / name for name in DISTRIBUTIONS), meta]:
        build_wheel(source, folder)
    return {path.name.partition("-")[0]: path for path in folder.glob("*.whl")}


@dataclass(frozen=True)
class Environment:
    """A virtual environment that pip of this one installs into."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Environment:
        run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
        return cls(folder)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def install(self, *requirements: str | Path) -> None:
        # Not compiled: Python does so with what is imported, which is little of it.
        how = ("--quiet", "--no-compile", "--constraint", ROOT / "constraints.txt")
        self._pip("install", *how, *requirements)

    def check(self) -> None:
        """Fail unless everything in it has what it requires."""
        self._pip("check")

    def installed(self) -> set[str]:
        """The distributions in it."""
        listed = self._pip("list", "--format", "freeze")
        return {line.partition("==")[0].lower().replace("_", "-") for line in listed.split()}

    def run(self, *arguments: str | Path, cwd: Path, **more: str) -> str:
        """What Python prints there."""
        return run(self.python, *arguments, cwd=cwd, **more)

    def _pip(self, *arguments: str | Path) -> str:
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", self.python)
        return run(*pip, *arguments, cwd=self.folder.parent)

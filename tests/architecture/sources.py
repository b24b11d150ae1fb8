"""The distributions of this repository and their files."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Distribution:
    """A folder with a ``pyproject.toml``, a package, and tests; the package is called like the
    folder, or like ``sparx_ai`` in ``plugins/ai``.
    """

    name: str

    @property
    def place(self) -> str:
        """Its folder, from the root of the repository."""
        plugin = f"plugins/{self.name.removeprefix('sparx_')}"
        return plugin if (ROOT / plugin).is_dir() else self.name

    @property
    def folder(self) -> Path:
        return ROOT / self.place

    @property
    def package(self) -> Path:
        return self.folder / "src" / self.name

    @property
    def project(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8"))

    def required(self, *extras: str, group: str = "") -> set[str]:
        """The distributions that it declares: always, with extras, or with a group of tests."""
        project = self.project["project"]
        lines = [
            *project["dependencies"],
            *(line for extra in extras for line in project["optional-dependencies"][extra]),
            *self.project.get("dependency-groups", {}).get(group, []),
        ]
        return {normal(re.split(r"[^\w.-]", line, maxsplit=1)[0]) for line in lines}


#: Every distribution of the repository; a new one is found by its folder.
DISTRIBUTIONS = [
    *(Distribution(path.parent.name) for path in sorted(ROOT.glob("sparx_*/pyproject.toml"))),
    *(
        Distribution(f"sparx_{path.parent.name}")
        for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))
    ),
]
CORE = Distribution("sparx_core")
MODULES = [one for one in DISTRIBUTIONS if one != CORE]


@dataclass(frozen=True)
class Import:
    """What a file imports: ``http.client``, with the names taken out of it."""

    file: str
    module: str
    names: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]

    def is_of(self, module: str) -> bool:
        """Whether it imports ``module`` or something in it, in whichever way."""
        dotted = [self.module, *(f"{self.module}.{name}" for name in self.names)]
        return any(one == module or one.startswith(f"{module}.") for one in dotted)


@cache
def python_files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*.py") if "__pycache__" not in one.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """A file as it is called in messages and lists: from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def imports_of(folder: Path) -> list[Import]:
    """Every import in a folder, those inside functions included; relative ones are its own."""
    return [
        one
        for path in python_files(folder)
        for node in ast.walk(tree_of(path))
        for one in _imported(name_of(path), node)
    ]


def _imported(file: str, node: ast.AST) -> list[Import]:
    if isinstance(node, ast.Import):
        return [Import(file, alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [Import(file, str(node.module), tuple(alias.name for alias in node.names))]
    return []


def foreign(folder: Path, *own: str) -> Iterator[Import]:
    """Imports of what is neither Python's nor one of the packages ``own``."""
    for one in imports_of(folder):
        if one.package not in sys.stdlib_module_names and one.package not in own:
            yield one


@cache
def distributions_of(package: str) -> frozenset[str]:
    """The distributions that have a package."""
    if package.startswith("sparx_"):
        return frozenset({normal(package)})
    return frozenset(normal(one) for one in _installed().get(package, []))


#: Read once: it looks into every distribution that is installed.
_installed = cache(packages_distributions)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

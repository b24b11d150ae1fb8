"""The rule about imports: what is declared, and nobody's back door."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from sparx_core import front, surface
from sparx_core.testing.contract.rule import Needs, rule
from sparx_core.testing.contract.subject import Subject

#: What only the core imports: queues, and connections to the database.
ENGINES = frozenset({"huey", "psycopg2", "redis"})
#: What speaks to other machines, past the checks of where a request may go.
CLIENTS = (
    "aiohttp",
    "dns",
    "ftplib",
    "h11",
    "http.client",
    "httpcore",
    "httpx",
    "imaplib",
    "poplib",
    "pycurl",
    "requests",
    "smtplib",
    "socket",
    "telnetlib",
    "urllib.request",
    "urllib3",
    "websockets",
    "xmlrpc.client",
)
#: Where the core promises names to modules, and what they may import of it besides.
_PROMISED = {
    "sparx_core": {*front.__all__, "testing"},
    "sparx_core.surface": set(surface.__all__),
}
_FRONT_DOORS = frozenset({*_PROMISED, "sparx_core.testing"})


@dataclass(frozen=True)
class Import:
    """A module that a file imports, with the names that are taken out of it."""

    where: str
    module: str
    names: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]

    @property
    def client(self) -> str | None:
        """Which of ``CLIENTS`` it is, or takes something from."""
        dotted = [self.module, *(f"{self.module}.{name}" for name in self.names)]
        for client in CLIENTS:
            if any(one == client or one.startswith(f"{client}.") for one in dotted):
                return client
        return None


@rule("imports", Needs.MODULE)
def imports(subject: Subject) -> Iterator[str]:
    """It imports what its pyproject.toml declares, and others by their front doors.

    Declare in dependencies whatever the package imports. Take names of the core from sparx_core
    alone, or from sparx_core.surface if it answers in a protocol of its own; names of another
    module from its package alone, and only of modules in requires. Import falcon in resources.py
    and nowhere else; huey, redis and psycopg2 nowhere: rows are read and written through ctx, and
    side effects are events. No other HTTP client than ctx.outbound, and no sockets: it checks where
    a request goes.
    """
    declared = _declared(subject)
    # Of a package that is installed from its source tree, only its entry point tells.
    modules = subject.modules.modules.values()
    known = {
        **_packages(),
        **{one.module.package: [one.distribution] for one in modules},
    }
    for one in imports_of(subject.folder, subject.module.package):
        problem = (
            _of_a_client(one)
            or _of_the_core(one)
            or _of_a_module(subject, one)
            or _of_others(one, declared, known.get(one.package, []))
        )
        if problem:
            yield f"{one.where} imports {one.module}{problem}"


def imports_of(folder: Path, package: str) -> Iterator[Import]:
    """Every import in the files of a package, those inside functions included; not its own."""
    own = {package, *sys.stdlib_module_names}
    for path in sorted(folder.rglob("*.py")):
        where = path.relative_to(folder).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from (
                one for one in _imported(where, node) if one.client or one.package not in own
            )


@cache
def _packages() -> Mapping[str, list[str]]:
    """The distributions of each package that is installed; looking for them takes a while."""
    return packages_distributions()


def _imported(where: str, node: ast.AST) -> list[Import]:
    """What one statement imports; a relative import is of the package itself."""
    if isinstance(node, ast.Import):
        return [Import(where, alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [Import(where, str(node.module), tuple(alias.name for alias in node.names))]
    return []


def _declared(subject: Subject) -> set[str]:
    """The distributions that this one depends on, without those of its extras."""
    found = subject.distribution
    lines = (found.requires or []) if found else []
    return {
        _normal(re.split(r"[^\w.-]", line, maxsplit=1)[0])
        for line in lines
        if not re.search(r";.*\bextra\b", line)
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _of_a_client(one: Import) -> str | None:
    if one.client is None:
        return None
    return f", and {one.client} reaches servers that nobody checked: use ctx.outbound"


def _of_the_core(one: Import) -> str | None:
    if one.package != "sparx_core":
        return None
    if one.module not in _FRONT_DOORS:
        return ", which is behind the front door: take it from sparx_core"
    if one.module in _PROMISED:
        for name in one.names:
            if name not in _PROMISED[one.module]:
                return f".{name}, which {one.module} does not promise"
    return None


def _of_a_module(subject: Subject, one: Import) -> str | None:
    packages = {found.module.package: key for key, found in subject.modules.modules.items()}
    key = packages.get(one.package)
    if key is None or one.package == "sparx_core":
        return None
    if key not in subject.module.requires:
        return f", and does not require the module {key}"
    if one.module != one.package:
        return f", which is behind the front door of {key}: take it from {one.package}"
    return None


def _of_others(one: Import, declared: set[str], distributions: list[str]) -> str | None:
    if one.package in ENGINES:
        return ", which only the core does"
    if one.package == "falcon" and one.where.split("/")[0] not in ("resources.py", "resources"):
        return ", which only resources.py may"
    if not distributions:
        return ", which is not installed"
    if not declared & {_normal(name) for name in distributions}:
        return f", and pyproject.toml does not declare {' or '.join(sorted(set(distributions)))}"
    return None

"""Imports: what is declared, nothing that leaves the machine, and no commit outside the core.

The directions between the parts are in setup.cfg, and ``lint-imports`` checks them.
"""

from __future__ import annotations

import ast
import configparser
import re

import pytest

from tests.architecture.sources import (
    CORE,
    DISTRIBUTIONS,
    MODULES,
    ROOT,
    Distribution,
    distributions_of,
    foreign,
    imports_of,
    name_of,
    python_files,
    tree_of,
)

#: What speaks to other machines. A request does not wait for somebody else's server, and whoever
#: sends something does so where addresses are checked.
HTTP_CLIENTS = (
    "aiohttp", "ftplib", "h11", "http.client", "httpx", "pycurl", "requests", "smtplib",
    "urllib.request", "urllib3", "websockets", "xmlrpc.client",
)  # fmt: skip
#: Files that may: commands, to the API that whoever runs them names, and the client for all else.
MAY_CALL = {
    ("sparx_core/src/sparx_core/cli/demo.py", "http.client"),
    ("sparx_core/src/sparx_core/cli/remote.py", "http.client"),
    ("sparx_core/src/sparx_core/outbound/client.py", "h11"),
    ("sparx_core/src/sparx_core/outbound/exchange.py", "h11"),
}
#: What ends a transaction, or opens one of its own.
COMMITTING = {"atomic", "begin", "commit", "manual_commit", "rollback", "savepoint", "transaction"}
_COMMITTING_SQL = re.compile(r"\b(COMMIT|ROLLBACK|BEGIN|SAVEPOINT|START TRANSACTION)\b")

each_distribution = pytest.mark.parametrize("one", DISTRIBUTIONS, ids=lambda one: one.name)
each_module = pytest.mark.parametrize("one", MODULES, ids=lambda one: one.name)


@each_distribution
def test_package_imports_what_it_declares(one: Distribution) -> None:
    # Parts of the core are only imported with an extra: the embedded server, the pytest plugin.
    declared = one.required(*one.project["project"].get("optional-dependencies", ()))
    for found in foreign(one.package, one.name):
        known = distributions_of(found.package)
        assert known & declared, f"{found.file} imports {found.module}: declare {set(known)}"


@each_distribution
def test_nothing_is_declared_that_is_not_imported(one: Distribution) -> None:
    imported = {
        name for found in foreign(one.package, one.name) for name in distributions_of(found.package)
    }
    assert one.required() - imported == set()


@each_distribution
def test_tests_import_what_is_declared(one: Distribution) -> None:
    declared = one.required(group="tests") | CORE.required("testing") | distributions_of(one.name)
    for found in foreign(one.folder / "tests", "conftest"):
        known = distributions_of(found.package)
        assert known & declared, f"{found.file} imports {found.module}: declare {set(known)}"


@each_distribution
def test_tests_import_no_other_module(one: Distribution) -> None:
    """A distribution is tested with the core and what it declares, and nothing else."""
    others = {other.name for other in DISTRIBUTIONS} - {one.name, CORE.name}
    allowed = {name.replace("-", "_") for name in one.required()}
    for found in imports_of(one.folder / "tests"):
        assert found.package not in others - allowed, found


@each_distribution
def test_no_http_client_is_imported(one: Distribution) -> None:
    found = {
        (each.file, client)
        for each in imports_of(one.package)
        for client in HTTP_CLIENTS
        if each.is_of(client)
    }
    assert found <= MAY_CALL


def test_whoever_may_call_does() -> None:
    """The list may only become shorter: who needs it no more has to go."""
    imported = {(one.file, one.module) for one in imports_of(CORE.package)}
    assert imported >= MAY_CALL


@each_module
def test_module_never_ends_a_transaction(one: Distribution) -> None:
    for path in python_files(one.package):
        for node in ast.walk(tree_of(path)):
            where = f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in COMMITTING, where
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not _COMMITTING_SQL.search(node.value), where


@each_distribution
def test_every_tool_knows_the_distribution(one: Distribution) -> None:
    """A module that nobody added to the settings would be checked by nothing."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")

    def listed(section: str, name: str) -> list[str]:
        return re.split(r"[\s,:]+", settings[section][name].strip())

    assert f"{one.place}/tests" in listed("tool:pytest", "testpaths")
    assert f"{one.place}/src" in listed("mypy", "files")
    assert f"{one.place}/src" in listed("mypy", "mypy_path")
    assert one.name in listed("importlinter", "root_packages")
    assert f'"{one.place}/src"' in (ROOT / "pyproject.toml").read_text()
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^DISTRIBUTIONS := .*\b{one.place}\b", makefile, re.M)
    assert re.search(rf"^PACKAGES := .*\b{one.name}\b", makefile, re.M)
    rules = [name for name in settings.sections() if name.startswith("importlinter:contract:")]
    for rule in rules:
        about = {key: settings[rule][key] for key in settings[rule]}
        sources = about.get("source_modules", "") + about.get("containers", "")
        if one != CORE and sources.strip() != CORE.name:
            assert one.name in sources.split(), f"{rule} says nothing of {one.name}"
    assert (
        one == CORE
        or one.name
        in settings["importlinter:contract:core-knows-no-module"]["forbidden_modules"].split()
    )

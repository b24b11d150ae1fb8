"""An installation with every dummy in it, and a way to examine one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparx_core.modules import Installed
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import DatabaseServer, open_installation
from sparx_core.testing.contract import RULES
from sparx_core.testing.contract.contract import examined, problems_of
from sparx_core.testing.contract.rule import NotChecked
from sparx_core.testing.contract.subject import Subject

from .dummies import BAD, GOOD, Dummy


@contextmanager
def importable(folders: Sequence[Path]) -> Iterator[None]:
    """Distributions as if they were installed, for a while."""
    added = [str(folder) for folder in folders]
    sys.path[:0] = added
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = [one for one in sys.path if one not in added]
        for name in list(sys.modules):
            if name.startswith(("sparx_bad_", "sparx_good", "sparx_alone")):
                del sys.modules[name]
        importlib.invalidate_caches()


def broken_by(subject: Subject) -> dict[str, list[str]]:
    """The rules that a module breaks, each with what is told of it."""
    found = {}
    for rule in RULES:
        try:
            problems = problems_of(rule, subject)
        except NotChecked:
            continue
        if problems:
            found[rule.id] = problems
    return found


@pytest.fixture(scope="module")
def together(
    tmp_path_factory: pytest.TempPathFactory, database_server: DatabaseServer
) -> Iterator[Runtime]:
    """The core, the good dummy and the bad ones that load, in one database."""
    folder = tmp_path_factory.mktemp("dummies")
    with importable([one.write(folder) for one in (GOOD, *BAD)]):
        found = Registry.discover()
        chosen = {"core", *(one.key for one in (GOOD, *BAD))}
        assert not found.quarantined
        installed: list[Installed] = [one for key, one in found.modules.items() if key in chosen]
        with open_installation(database_server, Registry(installed)) as runtime:
            yield runtime


@pytest.fixture
def examine(together: Runtime) -> Callable[[Dummy], dict[str, list[str]]]:
    """The rules that a dummy breaks."""

    def run(dummy: Dummy) -> dict[str, list[str]]:
        with examined(dummy.key, together, {}, None) as subject:
            return broken_by(subject)

    return run

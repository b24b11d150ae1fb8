"""Installations with the dummies in them, and a way to examine one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sparx_core.app import create_app
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DatabaseServer, open_installation
from sparx_core.testing.contract import RULES
from sparx_core.testing.contract.contract import examined, problems_of
from sparx_core.testing.contract.rule import NotChecked
from sparx_core.testing.contract.subject import Subject

from .dummies import BAD, GOOD, HEARS_THE_CORE, NEEDS_EXERCISE, Dummy

#: Dummies in one database: each costs the lints and the migrations of all that are in it.
TOGETHER = 6
ALL = [GOOD, HEARS_THE_CORE, NEEDS_EXERCISE, *BAD]


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
            if name.partition(".")[0] in {
                one.name for folder in folders for one in folder.glob("sparx_*")
            }:
                del sys.modules[name]
        importlib.invalidate_caches()


def broken_by(subject: Subject, *rules: str) -> dict[str, list[str]]:
    """The rules that a module breaks, of all or of those that are named, with what is told."""
    found = {}
    for rule in [one for one in RULES if not rules or one.id in rules]:
        try:
            problems = problems_of(rule, subject)
        except NotChecked:
            continue
        if problems:
            found[rule.id] = problems
    return found


class Dummies:
    """The dummies that load, a few in each database, which is made when one of them is wanted."""

    def __init__(self, server: DatabaseServer, stack: ExitStack) -> None:
        self.server, self.stack = server, stack
        self._opened: dict[int, tuple[Runtime, Any]] = {}

    def broken_by(
        self,
        dummy: Dummy,
        *rules: str,
        samples: Mapping[str, Any] | None = None,
        exercise: Callable[[Api], None] | None = None,
    ) -> dict[str, list[str]]:
        """The rules that one of them breaks."""
        place = ALL.index(dummy) // TOGETHER
        if place not in self._opened:
            self._opened[place] = self._open(ALL[place * TOGETHER :][:TOGETHER])
        runtime, app = self._opened[place]
        with examined(dummy.key, runtime, samples or {}, exercise) as subject:
            subject.app = app
            return broken_by(subject, *rules)

    def _open(self, dummies: Sequence[Dummy]) -> tuple[Runtime, Any]:
        found = Registry.discover()
        assert not found.quarantined
        chosen = [found.modules[key] for key in ("core", *(one.key for one in dummies))]
        opened = open_installation(self.server, Registry(chosen))
        runtime = self.stack.enter_context(opened)
        # One application for all of them: it describes every module when it is made.
        return runtime, create_app(runtime)


@pytest.fixture(scope="module")
def dummies(
    tmp_path_factory: pytest.TempPathFactory, database_server: DatabaseServer
) -> Iterator[Dummies]:
    folder = tmp_path_factory.mktemp("dummies")
    with importable([one.write(folder) for one in ALL]), ExitStack() as stack:
        yield Dummies(database_server, stack)

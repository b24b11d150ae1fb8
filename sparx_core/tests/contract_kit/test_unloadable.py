"""Modules that cannot be loaded or migrated: one rule says why, and the others wait for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import DatabaseServer, open_installation
from sparx_core.testing.contract.contract import subject_of

from .conftest import broken_by, importable
from .dummies import Dummy, Edits, with_sql


def alone(key: str, plugin: Edits) -> Dummy:
    return Dummy(f"alone_{key}", key, plugin)


UNLOADABLE = [
    (
        alone("raises", {"errors.py": [('"""What', 'raise RuntimeError("not today")\n"""What')]}),
        "loads",
        "RuntimeError: not today",
    ),
    (
        alone(
            "core", {"plugin.py": [("    description=", '    core=">=7,<8",\n    description=')]}
        ),
        "loads",
        "needs sparx-core >=7,<8",
    ),
    (
        alone("hook", {"plugin.py": [("def sparx_events(", "def sparx_evens(")]}),
        "loads",
        "sparx_evens",
    ),
    (
        alone("other", {"plugin.py": [("\nmodule = Module(", "\nmodule = dict(")]}),
        "loads",
        "is not a sparx_core.Module",
    ),
    (
        alone(
            "missing",
            {"plugin.py": [("    description=", '    requires=("nowhere",),\n    description=')]},
        ),
        "loads",
        "requires nowhere, which is not installed",
    ),
    (
        alone("event", {"events.py": [('"<noun>.created"', '"key.created"')]}),
        "unique",
        "event 'key.created' is declared by both core (sparx-core ",
    ),
    (
        alone("twice", {"plugin.py": [("return [give_code]", "return [give_code, give_code]")]}),
        "unique",
        "handler 'alone_twice.give_code' is declared twice",
    ),
]


@pytest.mark.parametrize(
    ("dummy", "rule", "told"), UNLOADABLE, ids=lambda one: getattr(one, "key", "")
)
def test_reason_is_told_by_one_rule(tmp_path: Path, dummy: Dummy, rule: str, told: str) -> None:
    with importable([dummy.write(tmp_path)]):
        broken = broken_by(subject_of(dummy.key, no_database, {}, None))
    assert list(broken) == [rule], broken
    assert told in broken[rule][0]


def no_database() -> Runtime:
    """An installation cannot be made, or without the module: its modules do not get along."""
    Registry.discover()
    raise DatabaseNeeded


class DatabaseNeeded(Exception):
    """Nothing that these modules break is found in a database."""


def test_module_that_is_not_installed_is_not_found() -> None:
    assert broken_by(subject_of("nowhere", no_database, {}, None)) == {
        "loads": ["no installed distribution has an entry point 'nowhere' in sparx.modules"]
    }


def test_migration_that_fails_is_the_only_finding(
    tmp_path: Path, database_server: DatabaseServer
) -> None:
    dummy = with_sql("empty", "CREATE TABLE <key>.more (id uuid REFERENCES nowhere)")
    with importable([dummy.write(tmp_path)]):
        opened = open_installation(database_server, Registry.discover())
        subject = subject_of(dummy.key, opened.__enter__, {}, None)
        broken = broken_by(subject)
    assert list(broken) == ["migrations"], broken
    assert 'relation "nowhere" does not exist' in broken["migrations"][0]

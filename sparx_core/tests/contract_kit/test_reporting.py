"""How the rules report: each as a test of pytest, or all at once in one assertion."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sparx_core.testing import DatabaseServer, assert_module_contract, open_installation
from sparx_core.testing.contract import RULES
from sparx_core.testing.database import SERVER_VARIABLE

from .conftest import importable
from .dummies import Dummy

#: Two rules are broken at once.
CLUMSY = Dummy(
    "alone_clumsy",
    "",
    {
        "README.md": [("## Remove", "## Get rid of it")],
        "models.py": [("notes = TextField(null=True)", "notes = TextField()")],
    },
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return CLUMSY.write(tmp_path)


def test_function_tells_everything_at_once(source: Path, database_server: DatabaseServer) -> None:
    with importable([source]), open_installation(database_server) as installation:
        module = installation.registry.modules[CLUMSY.key].module
        with pytest.raises(AssertionError) as failed:
            assert_module_contract(module, installation=installation)
    told = str(failed.value)
    assert re.findall(r"breaks the rule '(\w+)'", told) == ["documented", "models"]
    assert "README.md has no section 'Remove'" in told
    assert "alone_clumsy_things.notes is text" in told
    assert told.count("What to do: ") == 2


def test_class_has_a_test_for_each_rule(source: Path, database_server: DatabaseServer) -> None:
    """In a project of its own, run by its own pytest, as its author does."""
    kept = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    path = os.pathsep.join([str(source), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "-rf",
         f"--basetemp={source.parent / 'base'}", "tests/test_contract.py"],
        cwd=source.parent,
        env={**kept, "PYTHONPATH": path, SERVER_VARIABLE: database_server.admin},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    printed = done.stdout + done.stderr
    assert f"2 failed, {len(RULES) - 2} passed" in printed, printed
    assert re.findall(r"FAILED .*::test_rule\[(\w+)\]", printed) == ["documented", "models"]
    assert "What to do: Write a further migration" in printed
    assert "Traceback" not in printed

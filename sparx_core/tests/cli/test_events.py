"""``sparx events``: the catalogue without a database, and what breaks receivers of an older one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from sparx_core.cli import session
from sparx_core.cli.events import events
from sparx_core.cli.output import CommandError
from sparx_core.registry import Registry
from sparx_core.surfaces.openapi.payloads import catalogue, pretty_catalogue

UNREACHABLE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(autouse=True)
def same_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs in this process, whose logging is not its own."""
    monkeypatch.setattr(session, "configure_logging", lambda settings: None)


@pytest.fixture(scope="module")
def present() -> dict[str, Any]:
    registry = Registry.discover()
    return catalogue(registry, frozenset(registry.modules))


def run(folder: Path, *arguments: str) -> tuple[str, BaseException | None]:
    """What the command prints, and the error that ``sparx`` would report."""
    environment = {"SPARX_HOME": str(folder / "home"), "SPARX_DATABASE_URL": UNREACHABLE}
    done = CliRunner().invoke(events, arguments, env=environment)
    return done.stdout, None if isinstance(done.exception, SystemExit) else done.exception


def test_catalogue_is_printed_for_people_and_programs(
    tmp_path: Path, present: dict[str, Any]
) -> None:
    assert run(tmp_path) == (pretty_catalogue(present), None)
    printed, problem = run(tmp_path, "--json")
    assert (printed.count("\n"), problem) == (1, None)
    assert json.loads(printed) == json.loads(pretty_catalogue(present))
    assert list(tmp_path.iterdir()) == [], "nothing was started"


def test_modules_can_be_chosen(tmp_path: Path) -> None:
    found = json.loads(run(tmp_path, "--modules", "core", "--json")[0])
    assert {one["module"] for one in found["events"]} == {"core"}
    _, problem = run(tmp_path, "--modules", "nothing")
    assert isinstance(problem, CommandError)
    assert problem.code == "not_found"


def test_a_released_catalogue_is_held_against(tmp_path: Path, present: dict[str, Any]) -> None:
    file = tmp_path / "events.json"
    assert run(tmp_path, "--output", str(file), "--released", "2026-11-26")[1] is None
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written == {"released": "2026-11-26", **json.loads(pretty_catalogue(present))}
    assert run(tmp_path, "--against", str(file)) == ("No breaking changes.\n", None)
    gone = {**written["events"][0], "type": "nothing.happened"}
    file.write_text(json.dumps({**written, "events": [*written["events"], gone]}))
    printed, problem = run(tmp_path, "--against", str(file))
    assert printed == "event nothing.happened: removed\n"
    assert isinstance(problem, CommandError)
    assert problem.code == "breaking_changes"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"events": []}', "no json"])
def test_what_is_no_catalogue_cannot_be_compared(tmp_path: Path, text: str) -> None:
    file = tmp_path / "events.json"
    file.write_text(text)
    printed, problem = run(tmp_path, "--against", str(file))
    assert printed == ""
    assert isinstance(problem, click.ClickException | CommandError)
    assert getattr(problem, "code", "") == "not_comparable"

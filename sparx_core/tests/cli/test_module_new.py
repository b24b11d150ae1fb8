"""``sparx module new``: asked or told, and nothing overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sparx_core.cli import module_new
from sparx_core.cli.module_new import new
from sparx_core.cli.output import CommandError
from sparx_core.registry import Registry

Run = Callable[..., Result]

EVERYTHING = [
    "loyalty", "--title", "Loyalty", "--description", "Points for orders",
    "--author", "Ann Example", "--email", "ann@example.com",
    "--license", "Apache-2.0", "--requires", "shop, crm_more",
    "--resource", "person/people", "--directory", "here/loyalty",
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, answers: str = "") -> Result:
        return CliRunner().invoke(new, list(arguments), input=answers)

    return invoke


def test_flags_answer_everything(run: Run, tmp_path: Path) -> None:
    done = run(*EVERYTHING, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert done.stderr == ""
    assert {name: told[name] for name in ("key", "distribution", "package", "directory")} == {
        "key": "loyalty",
        "distribution": "sparx-loyalty",
        "package": "sparx_loyalty",
        "directory": "here/loyalty",
    }
    folder = tmp_path / "here" / "loyalty"
    assert told["files"] == sorted(
        one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()
    )
    project = (folder / "pyproject.toml").read_text()
    assert 'authors = [{ name = "Ann Example", email = "ann@example.com" }]' in project
    assert '    "sparx-crm-more",\n    "sparx-shop",\n' in project
    plugin = (folder / "src" / "sparx_loyalty" / "plugin.py").read_text()
    assert 'requires=("shop", "crm_more"),' in plugin
    assert 'title="Loyalty"' in plugin
    assert (folder / "tests" / "test_people.py").exists()
    assert "Apache License" in (folder / "LICENSE").read_text()


def test_questions_are_asked_until_the_answer_will_do(run: Run, tmp_path: Path) -> None:
    answers = [
        "Gift Cards", "gift", "", "Gift cards", "", "Ann", "nobody", "ann@example.com", "GPL",
        "MIT", "core", "", "event", "voucher",
    ]  # fmt: skip
    done = run(answers="\n".join(answers) + "\n")
    assert done.exit_code == 0, done.output
    for told in ("is not.", "no e-mail address", "none of", "leave it out", "something else"):
        assert told in done.stderr, told
    assert done.stdout.startswith("sparx-gift is in sparx-gift. Next:")
    plugin = (tmp_path / "sparx-gift" / "src" / "sparx_gift" / "plugin.py").read_text()
    assert 'title="Gift cards"' in plugin
    assert 'description="Gift cards for Sparx"' in plugin
    assert (tmp_path / "sparx-gift" / "tests" / "test_vouchers.py").exists()


@pytest.mark.parametrize("flag", ["--no-input", "--yes"])
def test_nothing_is_asked(run: Run, tmp_path: Path, flag: str) -> None:
    done = run("loyalty", flag)
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    assert (tmp_path / "sparx-loyalty" / "tests" / "test_loyalty_items.py").exists()


def test_without_a_key_there_is_nothing_to_take(run: Run, tmp_path: Path) -> None:
    done = run("--no-input")
    assert done.exit_code == 2
    assert "Give the KEY" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Loyalty"], "one word"),
        (["order"], "a word of SQL"),
        (["core"], "the core's own"),
        (["loyalty", "--resource", "class"], "a word of Python"),
        (["loyalty", "--email", "ann"], "no e-mail address"),
        (["loyalty", "--title", 'a"b'], "neither"),
        (["loyalty", "--license", "GPL"], "is not one of"),
        (["loyalty", "--requires", "loyalty"], "does not require itself"),
    ],
)
def test_wrong_flags_write_nothing(
    run: Run, tmp_path: Path, arguments: list[str], told: str
) -> None:
    done = run(*arguments, "--no-input")
    assert done.exit_code == 2, done.output
    assert told in done.output
    assert list(tmp_path.iterdir()) == []


def test_folder_that_exists_is_refused_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sparx-loyalty").mkdir()
    for arguments in (["loyalty", "--no-input"], ["loyalty", "--directory", "sparx-loyalty"]):
        done = run(*arguments)
        assert isinstance(done.exception, CommandError)
        assert done.exception.code == "folder_exists"
        assert str(done.exception) == "sparx-loyalty exists already, and nothing is overwritten."
    assert list((tmp_path / "sparx-loyalty").iterdir()) == []


def test_folder_that_cannot_be_made_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("loyalty", "--directory", "file/loyalty", "--no-input")
    assert isinstance(done.exception, CommandError)
    assert done.exception.code == "folder_unusable"
    assert str(done.exception) == "file/loyalty cannot be written: Not a directory"


def test_key_of_an_installed_module_is_refused(
    run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module_new, "installed_as", {"loyalty": "acme-loyalty"}.get)
    done = run("loyalty", "--no-input")
    assert isinstance(done.exception, CommandError)
    assert done.exception.code == "module_installed"
    assert "acme-loyalty is installed and has the key loyalty" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_event_of_another_module_is_refused(run: Run, tmp_path: Path) -> None:
    assert "key.created" in Registry.discover().events
    done = run("loyalty", "--resource", "keys", "--no-input")
    assert isinstance(done.exception, CommandError)
    assert str(done.exception) == "core has the event key.created: choose another --resource."
    assert list(tmp_path.iterdir()) == []


def test_modules_that_do_not_get_along_are_no_obstacle(
    run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> Registry:
        raise RuntimeError("two of a kind")

    monkeypatch.setattr(Registry, "discover", broken)
    assert run("loyalty", "--no-input").exit_code == 0

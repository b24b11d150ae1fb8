"""What is generated is complete, and clean at once, whatever the names in it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from sparx_core.scaffold import Answers, FolderExists, generate, rendered
from sparx_core.scaffold.layout import WIDTH, laid_out

LOYALTY = Answers("loyalty", "Loyalty", "Points for orders", "reward", "rewards", "Ann")
LONG = Answers(
    "x" * 32,
    "T" * 40,
    "D" * 80,
    "s" * 30,
    "p" * 30,
    "A" * 80,
    "a@b.example",
    "Apache-2.0",
    ("crm",),
)
#: From the shortest names to the longest, and texts in other letters.
VARIANTS = [
    LOYALTY,
    LONG,
    Answers("a", "A", "D", "b", "bs"),
    Answers("gift_cards", "Подарки \N{EN DASH} «ё»", "Vouchers \N{EN DASH} naïve",
            "gift_card", "gift_cards",
            license="BSD-3-Clause", requires=("crm", "cms")),
    Answers("people", "People", "It's 100% {fun}", "person", "people",
            license="LicenseRef-Proprietary"),
    *(Answers("k" * n, "T", "D", "s" * n, "p" * n) for n in (8, 12, 16, 20, 24)),
]  # fmt: skip
FILES = [
    ".github/workflows/ci.yml",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "src/sparx_loyalty/__init__.py",
    "src/sparx_loyalty/errors.py",
    "src/sparx_loyalty/events.py",
    "src/sparx_loyalty/handlers.py",
    "src/sparx_loyalty/migrations/0001_rewards.py",
    "src/sparx_loyalty/models.py",
    "src/sparx_loyalty/operations.py",
    "src/sparx_loyalty/plugin.py",
    "src/sparx_loyalty/py.typed",
    "src/sparx_loyalty/schemas.py",
    "tests/test_contract.py",
    "tests/test_rewards.py",
]

each_variant = pytest.mark.parametrize("answers", VARIANTS, ids=lambda one: one.key)
needs_ruff = pytest.mark.skipif(shutil.which("ruff", path=str(Path(sys.executable).parent)) is None,
                                reason="ruff is not installed")  # fmt: skip


def test_files(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "sparx-loyalty"
    assert generate(LOYALTY, folder) == FILES
    found = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]
    assert sorted(found) == FILES


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch], ids=["folder", "file"])
def test_nothing_is_overwritten(tmp_path: Path, make: Callable[[Path], None]) -> None:
    folder = tmp_path / "there"
    make(folder)
    with pytest.raises(FolderExists, match="exists already"):
        generate(LOYALTY, folder)
    assert not folder.is_dir() or list(folder.iterdir()) == []


def test_half_a_module_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, written = Path.write_text, []

    def failing(path: Path, *arguments: object, **named: object) -> int:
        written.append(path)
        if len(written) == 5:
            raise OSError("no space left")
        return write(path, *arguments, **named)

    monkeypatch.setattr(Path, "write_text", failing)
    with pytest.raises(OSError, match="no space left"):
        generate(LOYALTY, tmp_path / "half")
    assert not (tmp_path / "half").exists()


@each_variant
def test_no_placeholder_is_left(answers: Answers) -> None:
    for name, text in rendered(answers).items():
        assert not re.search(r"<<|>>", text), name
        assert text == "" or (text.endswith("\n") and not text.endswith("\n\n")), name


@each_variant
def test_metadata_can_be_read(answers: Answers) -> None:
    project = tomllib.loads(rendered(answers)["pyproject.toml"])["project"]
    assert project["name"] == answers.distribution
    assert project["description"] == answers.description
    assert project["entry-points"]["sparx.modules"] == {
        answers.key: f"{answers.package}.plugin:module"
    }
    assert "sparx-module" in project["keywords"]
    assert project["dependencies"][0] == "sparx-core>=1,<2"
    required = [one for one in project["dependencies"] if one.startswith("sparx-")][1:]
    assert [one.partition(">")[0] for one in required] == sorted(
        f"sparx-{key}" for key in answers.requires
    )
    assert project["optional-dependencies"]["testing"] == ["sparx-core[testing]"]
    assert project["requires-python"] == ">=3.11"


def test_workflow_tests_with_every_python_and_publishes_without_a_token() -> None:
    workflow = rendered(LOYALTY)[".github/workflows/ci.yml"]
    assert 'python: ["3.11", "3.12", "3.13"]' in workflow
    assert "python-version: ${{ matrix.python }}" in workflow
    steps = [line.partition("- run: ")[2] for line in workflow.splitlines() if "- run: " in line]
    assert steps == [
        'pip install -e ".[testing]" mypy ruff',
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "pytest",
        "pip install build",
        "python -m build",
    ]
    assert "id-token: write" in workflow
    assert "secrets." not in workflow


def test_dependencies_are_those_of_this_core() -> None:
    own = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text())["project"]
    assert f"sparx-core>={version('sparx-core')[0]},<2" in rendered(LOYALTY)["pyproject.toml"]
    (peewee,) = [one for one in own["dependencies"] if one.startswith("peewee")]
    project = tomllib.loads(rendered(LOYALTY)["pyproject.toml"])["project"]
    (told,) = [one for one in project["dependencies"] if one.startswith("peewee")]
    assert set(re.findall(r"[<>=]+[\d.]+", told)) == set(re.findall(r"[<>=]+[\d.]+", peewee))


def test_settings_of_ruff_are_those_of_this_repository() -> None:
    root = Path(__file__).parents[3] / "pyproject.toml"
    if not root.is_file():
        pytest.skip("only in the repository")
    ours = tomllib.loads(root.read_text())["tool"]["ruff"]
    theirs = tomllib.loads(rendered(LOYALTY)["pyproject.toml"])["tool"]["ruff"]
    for name in ("line-length", "target-version"):
        assert theirs[name] == ours[name]
    for name in ("select", "ignore"):
        # Which clients a module may not import is said by the contract that it has to keep.
        assert theirs["lint"][name] == [one for one in ours["lint"][name] if one != "TID251"]


@needs_ruff
def test_ruff_has_nothing_to_say(tmp_path: Path) -> None:
    for number, answers in enumerate(VARIANTS):
        generate(answers, tmp_path / str(number))
    for command in (["check"], ["format", "--check", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


# -- lines that are too long ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        (f"from a import {'b' * 50}, {'c' * 50}", 4),
        (f"    def f({'a' * 50}: int, b: int) -> {'c' * 40}:", 3),
        (f"    return [{'a' * 50}, {'b' * 50}]", 4),
        (f"f({'a' * 45}, g({'b' * 30}, {'c' * 20}))", 4),
        ("x" * 101, 1),
    ],
)
def test_long_lines_are_broken(line: str, broken: int) -> None:
    lines = laid_out(line).split("\n")
    assert len(lines) == broken
    assert broken == 1 or all(len(one) <= WIDTH for one in lines)


def test_short_lines_stay() -> None:
    code = rendered(LOYALTY)["src/sparx_loyalty/plugin.py"]
    assert laid_out(code) == code
    ast.parse(code)

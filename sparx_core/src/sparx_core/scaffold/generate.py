"""Writes a distribution from its templates, all of it or nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import entry_points, requires
from importlib.resources import files
from pathlib import Path

from sparx_core.scaffold.answers import Answers, distribution_of
from sparx_core.scaffold.layout import laid_out
from sparx_core.scaffold.names import as_class

_PLACEHOLDER = re.compile(r"<<(\w+)>>")
#: Where each template goes; ``{package}`` and ``{plural}`` are the module's.
_FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "readme.md.txt",
    "CHANGELOG.md": "changelog.md.txt",
    ".gitignore": "ignored.txt",
    ".github/workflows/ci.yml": "ci.yml.txt",
    "src/{package}/__init__.py": "package/front.py.txt",
    "src/{package}/plugin.py": "package/plugin.py.txt",
    "src/{package}/errors.py": "package/errors.py.txt",
    "src/{package}/events.py": "package/events.py.txt",
    "src/{package}/models.py": "package/models.py.txt",
    "src/{package}/schemas.py": "package/schemas.py.txt",
    "src/{package}/operations.py": "package/operations.py.txt",
    "src/{package}/handlers.py": "package/handlers.py.txt",
    "src/{package}/migrations/0001_{plural}.py": "package/migration.py.txt",
    "tests/test_contract.py": "tests/contract.py.txt",
    "tests/test_{plural}.py": "tests/behaviour.py.txt",
}


class FolderExists(Exception):
    """There is something where the module should go; nothing is ever overwritten."""


def generate(answers: Answers, folder: Path) -> list[str]:
    """Write the distribution into a new folder; the paths in it, sorted.

    ``FolderExists`` if there is one already, empty or not.
    """
    content = rendered(answers)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise FolderExists(f"{folder} exists already, and nothing is overwritten.") from None
    try:
        for name, text in content.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return sorted(content)


def rendered(answers: Answers) -> dict[str, str]:
    """The text of each file of the distribution, by its path."""
    templates = files("sparx_core.scaffold") / "templates"
    words = _words(answers)
    content = {
        path.format(package=answers.package, plural=answers.plural): _filled(
            templates.joinpath(template).read_text(encoding="utf-8"), words
        )
        for path, template in _FILES.items()
    }
    text = templates.joinpath(f"licenses/{answers.license}.txt").read_text(encoding="utf-8")
    content["LICENSE"] = _filled(text, words)
    content[f"src/{answers.package}/py.typed"] = ""
    return {
        name: laid_out(text) if name.endswith(".py") else text for name, text in content.items()
    }


def _filled(template: str, words: dict[str, str]) -> str:
    lines = []
    for line in template.split("\n"):
        filled = _PLACEHOLDER.sub(lambda found: words[found[1]], line)
        # A line of nothing but a placeholder goes away with it.
        if filled.strip() or not line.strip():
            lines.append(filled)
    return "\n".join(lines)


def _words(answers: Answers) -> dict[str, str]:
    """What the placeholders of the templates stand for."""
    noun, nouns = answers.singular.replace("_", " "), answers.plural.replace("_", " ")
    article = "An" if noun[0] in "aeiou" else "A"
    return {
        "key": answers.key,
        "package": answers.package,
        "distribution": answers.distribution,
        "title": answers.title,
        "description": answers.description,
        "license": answers.license,
        "singular": answers.singular,
        "plural": answers.plural,
        "Class": as_class(answers.singular),
        "noun": noun,
        "nouns": nouns,
        "Nouns": nouns[0].upper() + nouns[1:],
        "A_noun": f"{article} {noun}",
        "authors": _authors(answers),
        "dependencies": "\n".join(f'    "{one}",' for one in _dependencies(answers.requires)),
        "requires": _requires(answers.requires),
        "required_prose": _required_prose(answers.requires),
        "confusables": _confusables(answers),
        "holder": answers.author or f"the authors of {answers.distribution}",
        "year": str(datetime.now(UTC).year),
    }


def _authors(answers: Answers) -> str:
    parts = {"name": answers.author, "email": answers.email}
    given = ", ".join(f'{name} = "{value}"' for name, value in parts.items() if value)
    return f"authors = [{{ {given} }}]" if given else ""


def _dependencies(required: Sequence[str]) -> list[str]:
    found = ["sparx-core>=1,<2"]
    found += sorted(_installed_distribution(key) for key in required)
    # The version of peewee that the core's models are made with.
    return [*found, *(one for one in requires("sparx-core") or () if one.startswith("peewee"))]


def _installed_distribution(key: str) -> str:
    """The distribution of a module that is required, from its present major version on."""
    for entry_point in entry_points(group="sparx.modules", name=key):
        if entry_point.dist is not None:
            major = int(entry_point.dist.version.partition(".")[0])
            return f"{entry_point.dist.name}>={major},<{major + 1}"
    return distribution_of(key)


def _requires(required: Sequence[str]) -> str:
    if not required:
        return ""
    listed = ", ".join(json.dumps(key) for key in required)
    return f"requires=({listed}{',' * (len(required) == 1)}),"


def _required_prose(required: Sequence[str]) -> str:
    if not required:
        return ""
    return f" Activates {' and '.join(f'`{key}`' for key in required)} as well."


def _confusables(answers: Answers) -> str:
    """Letters of the texts that ruff would take for others that look like them."""
    letters = sorted({one for one in answers.title + answers.description if not one.isascii()})
    if not letters:
        return ""
    listed = ", ".join(json.dumps(one, ensure_ascii=False) for one in letters)
    return f"allowed-confusables = [{listed}]"


def installed_as(key: str) -> str | None:
    """The distribution that provides ``key`` in this environment already, if one does."""
    for entry_point in entry_points(group="sparx.modules", name=key):
        return entry_point.dist.name if entry_point.dist else "an unknown distribution"
    return None

"""``sparx module new``: a new module as a distribution, with its tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from sparx_core.cli.output import CommandError, Output, with_output
from sparx_core.scaffold import Answers, BadName, FolderExists, check_key, generate, title_of
from sparx_core.scaffold.answers import (
    LICENSES,
    MAX_DESCRIPTION,
    MAX_PERSON,
    MAX_TITLE,
    check_email,
    check_required,
    check_text,
    distribution_of,
)
from sparx_core.scaffold.generate import installed_as
from sparx_core.scaffold.names import both_of, check_resource, resource_of


@click.command()
@click.argument("key", required=False)
@click.option("--title", help="What people call it.")
@click.option("--description", help="A line about it.")
@click.option("--author", help="Who writes it.")
@click.option("--email", help="Where to reach the author.")
@click.option("--license", type=click.Choice(LICENSES), help="An SPDX identifier.")
@click.option("--requires", metavar="KEYS", help="Modules that it requires: crm,shop.")
@click.option("--resource", metavar="NAME", help="Its first noun: rewards, or person/people.")
@click.option("--directory", type=click.Path(path_type=Path), help="A folder that does not exist.")
@click.option("--no-input", "--yes", "no_input", is_flag=True, help="Ask nothing; use defaults.")
@with_output
def new(output: Output, /, key: str | None, no_input: bool, **given: Any) -> None:
    """Write a new module: a distribution that pip installs, with tests that pass.

    KEY is its one word everywhere: loyalty is the package sparx_loyalty, the schema loyalty and the
    prefix /v1/loyalty. Asks for what is not given; overwrites nothing.
    """
    ask = _Questions(asking=not no_input)
    key = ask("Key (one word)", key, None, check_key)
    folder = _free_folder(ask, key, given["directory"])
    answers = _answers(ask, key, given)
    _refuse_taken(answers)
    try:
        files = generate(answers, folder)
    except FolderExists as error:
        raise CommandError("folder_exists", str(error)) from None
    except OSError as error:
        raise CommandError(
            "folder_unusable", f"{folder} cannot be written: {error.strerror or error}"
        ) from None
    output.result(
        {
            "key": key,
            "distribution": answers.distribution,
            "package": answers.package,
            "directory": str(folder),
            "files": files,
        },
        _next_steps(answers, folder),
    )


@dataclass(frozen=True)
class _Questions:
    """Asks for what was not given, or takes the default if it may not."""

    asking: bool

    def __call__(
        self, text: str, given: Any, default: str | None, check: Callable[[str], Any]
    ) -> Any:
        checked = partial(_checked, check)
        if given is not None:
            return checked(str(given))
        if self.asking:
            # On standard error: standard output is for the result.
            return click.prompt(
                text, default=default, value_proc=checked, err=True, show_default=bool(default)
            )
        if default is None:
            raise click.UsageError("Give the KEY of the module.")
        return checked(default)


def _checked(check: Callable[[str], Any], value: str) -> Any:
    try:
        return check(value)
    except BadName as error:
        raise click.UsageError(str(error)) from None


def _free_folder(ask: _Questions, key: str, given: Path | None) -> Path:
    """Where the module goes; what stands in the way is said before anything else is asked."""
    holder = installed_as(key)
    if holder is not None:
        raise CommandError(
            "module_installed",
            f"{holder} is installed and has the key {key}: choose another, or uninstall it first.",
        )
    folder = Path(ask("Folder", given, distribution_of(key), str)).expanduser()
    if folder.exists() or folder.is_symlink():
        raise CommandError("folder_exists", f"{folder} exists already, and nothing is overwritten.")
    return folder


def _refuse_taken(answers: Answers) -> None:
    """Event types are shared by all modules: say now what would be refused at start."""
    from sparx_core.registry import Registry

    try:
        registry = Registry.discover()
    except Exception:
        return  # the installed modules do not get along: `sparx check` says why
    owner = registry.event_modules.get(f"{answers.singular}.created")
    if owner is not None:
        raise CommandError(
            "name_taken",
            f"{owner} has the event {answers.singular}.created: choose another --resource.",
        )


def _answers(ask: _Questions, key: str, given: dict[str, Any]) -> Answers:
    title = ask(
        "Title", given["title"], title_of(key), partial(check_text, "The title", longest=MAX_TITLE)
    )
    description = ask(
        "Description",
        given["description"],
        f"{title} for Sparx",
        partial(check_text, "The description", longest=MAX_DESCRIPTION),
    )
    author = ask("Author", given["author"], "", _author)
    email = ask("E-mail", given["email"], "", _email)
    license_ = ask(f"License ({', '.join(LICENSES)})", given["license"], "MIT", _license)
    required = ask(
        "Modules that it requires (with commas)",
        given["requires"],
        "",
        partial(_required, key),
    )
    singular, plural = ask(
        "First resource (singular/plural)", given["resource"], "/".join(resource_of(key)), _resource
    )
    return Answers(
        key, title, description, singular, plural, author, email, license_, requires=required
    )


def _author(text: str) -> str:
    return check_text("The author", text, MAX_PERSON) if text else ""


def _email(text: str) -> str:
    return check_email(text) if text else ""


def _required(key: str, text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    check_required(key, found)
    return found


def _resource(text: str) -> tuple[str, str]:
    singular, plural = both_of(text)
    check_resource(singular, plural)
    return singular, plural


def _license(text: str) -> str:
    if text not in LICENSES:
        raise BadName(f"{text!r} is none of {', '.join(LICENSES)}.")
    return text


def _next_steps(answers: Answers, folder: Path) -> str:
    return "\n".join(
        [
            f"{answers.distribution} is in {folder}. Next:",
            "",
            f"  cd {folder}",
            '  pip install -e ".[testing]"',
            "  pytest",
            "  sparx migrate",
            f"  sparx module activate {answers.key} --tenant NAME",
            "",
            f"Then read src/{answers.package}/plugin.py, and docs/writing-a-module.md of Sparx.",
        ]
    )

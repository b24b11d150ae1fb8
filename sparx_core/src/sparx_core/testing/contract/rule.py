"""What a rule is, and what it says when a module breaks it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sparx_core.testing.contract.subject import Subject

#: Problems of one rule that are told; the rest is counted.
MAX_TOLD = 20


class Needs(StrEnum):
    """What has to be there before a rule can be checked."""

    NOTHING = "nothing"
    MODULE = "module"
    DATABASE = "database"


Check = Callable[["Subject"], Iterator[str]]


@dataclass(frozen=True)
class Rule:
    """A rule for modules. ``check`` yields a line for each place where a module breaks it.

    ``title`` says what holds, and ``advice`` what to do where it does not.
    """

    id: str
    title: str
    advice: str
    needs: Needs
    check: Check

    def failure(self, key: str, problems: list[str]) -> str:
        """What is told of a module that breaks the rule."""
        told = problems[:MAX_TOLD]
        if len(problems) > MAX_TOLD:
            told.append(f"and {len(problems) - MAX_TOLD} more")
        return "\n".join(
            [
                f"The module {key} breaks the rule {self.id!r}: {self.title}",
                *(f"  - {problem}" for problem in told),
                f"What to do: {self.advice}",
            ]
        )


class NotChecked(Exception):
    """A rule that cannot be checked before another one holds; the text says which."""


def rule(id_: str, needs: Needs = Needs.DATABASE) -> Callable[[Check], Rule]:
    """Make a rule of a function: its docstring is the title, a blank line, and the advice."""

    def declare(check: Check) -> Rule:
        title, _, advice = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
        return Rule(id_, " ".join(title.split()), " ".join(advice.split()), needs, check)

    return declare

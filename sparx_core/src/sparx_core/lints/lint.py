"""What a lint is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lint:
    """A rule about the database: a query that returns what breaks it.

    ``sql`` follows the common table expressions of :data:`sparx_core.lints.scope.SCOPE` and
    returns two columns: the object, and what is wrong with it. ``advice`` says what to do;
    ``{object}`` in it stands for the object.
    """

    id: str
    title: str
    advice: str
    sql: str


@dataclass(frozen=True)
class Finding:
    """An object that breaks a lint, why, and what to do about it."""

    lint: str
    object: str
    problem: str
    advice: str

    def __str__(self) -> str:
        return f"{self.lint} {self.object} {self.problem}. {self.advice}"

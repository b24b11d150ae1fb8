"""What is asked before a module is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sparx_core.scaffold.names import BadName, check_key, check_resource

#: SPDX identifiers of the licenses whose texts come along.
LICENSES = ("Apache-2.0", "BSD-3-Clause", "MIT", "LicenseRef-Proprietary")
MAX_TITLE, MAX_DESCRIPTION, MAX_PERSON = 40, 80, 80

_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")


@dataclass(frozen=True)
class Answers:
    """A module to be: names, texts, and the keys of the modules that it requires.

    Raises ``BadName`` for what cannot stand in a distribution.
    """

    key: str
    title: str
    description: str
    singular: str
    plural: str
    author: str = ""
    email: str = ""
    license: str = "MIT"
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_key(self.key)
        check_resource(self.singular, self.plural)
        check_text("The title", self.title, MAX_TITLE)
        check_text("The description", self.description, MAX_DESCRIPTION)
        if self.author:
            check_text("The author", self.author, MAX_PERSON)
        if self.email:
            check_email(self.email)
        if self.license not in LICENSES:
            raise BadName(f"{self.license!r} is none of {', '.join(LICENSES)}.")
        check_required(self.key, self.requires)

    @property
    def package(self) -> str:
        """What Python imports."""
        return f"sparx_{self.key}"

    @property
    def distribution(self) -> str:
        """What pip installs: ``gift_cards`` is ``sparx-gift-cards``."""
        return distribution_of(self.key)


def distribution_of(key: str) -> str:
    """The distribution of the module ``key``, by the convention of all modules."""
    return f"sparx-{key.replace('_', '-')}"


def check_required(key: str, required: Sequence[str]) -> None:
    """The keys of the modules that ``key`` requires."""
    for one in required:
        if one == "core":
            raise BadName("Every module stands on the core: leave it out of what is required.")
        check_key(one)
    if key in required:
        raise BadName("A module does not require itself.")
    if len(set(required)) < len(required):
        raise BadName("A module is required once.")


def check_text(what: str, text: str, longest: int) -> str:
    """A line that can stand in TOML, in Markdown and in a docstring as it is."""
    if not text.strip() or not text.isprintable():
        raise BadName(f"{what} is a line of text.")
    if len(text) > longest:
        raise BadName(f"{what} has at most {longest} characters, and this has {len(text)}.")
    if set(text) & set('"\\'):
        raise BadName(f'{what} can hold neither " nor \\.')
    return text.strip()


def check_email(email: str) -> str:
    if len(email) > MAX_PERSON or not email.isprintable() or set(email) & set('"\\'):
        raise BadName(f"{email!r} is no e-mail address.")
    if not _EMAIL.fullmatch(email):
        raise BadName(f"{email!r} is no e-mail address.")
    return email

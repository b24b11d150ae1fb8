"""Names and hooks that a module may still use, since when not, until when, and what instead.

A promised name or hook goes away in three steps: it is deprecated in a minor version, warns for
as long as that major version lives, and is removed in the next one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pluggy import HookspecMarker

HookT = TypeVar("HookT", bound=Callable[..., Any])


class SparxDeprecationWarning(DeprecationWarning):
    """A module uses what a coming version will not have. Tests that run with ``-W error`` fail."""


@dataclass(frozen=True)
class Deprecation:
    """``since`` and ``until`` are versions: deprecated since the one, gone with the other."""

    since: str
    until: str
    replacement: str

    def warning(self, name: str) -> SparxDeprecationWarning:
        return SparxDeprecationWarning(
            f"{name} is deprecated since {self.since} and gone with {self.until}:"
            f" use {self.replacement}"
        )

    def warn(self, name: str, stacklevel: int = 2) -> None:
        """Warn whoever called the caller, at ``stacklevel`` frames from here."""
        warnings.warn(self.warning(name), stacklevel=stacklevel + 1)


def deprecated_hook(project: str, deprecation: Deprecation) -> Callable[[HookT], HookT]:
    """A hook specification whose implementations are told, when they are registered."""

    def mark(specification: HookT) -> HookT:
        warning = deprecation.warning(specification.__name__)
        return HookspecMarker(project)(warn_on_impl=warning)(specification)

    return mark

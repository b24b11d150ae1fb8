"""What the schema of a resource does not say, and who makes and changes its rows has to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sparx_core.testing import Api

Row = Any


class Make(Protocol):
    """Makes rows of any resource: ``make("crm.customers", 1)``."""

    api: Api

    def __call__(self, key: str, number: int = 1, *, everything: bool = True) -> Row:
        """A new row with a value in every field that has one, or in those that need one."""

    def another(self, key: str) -> str:
        """The id of a new row, to refer to."""

    def look(self, key: str, id: str) -> Row:
        """A row as it is now."""


#: The values that a field is given in turn, by what the row is at that time.
Values = Callable[[Make, Row], Sequence[Any]]


def each(*values: Any) -> Values:
    """These, whatever the row is."""
    return lambda make, row: values


def _nothing(make: Make, number: int) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Known:
    """What there is to know of one resource; all names are those on the wire."""

    #: Fields that go with some values of another one only, or that move another one: neither a new
    #: row has them, nor are they changed.
    bound: frozenset[str] = frozenset()
    #: Fields that a change may name only as they are, or with others.
    fixed: frozenset[str] = frozenset()
    #: What is computed from a field, and changes with it.
    moved: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Changes that can be derived where there are fewer than fields: of an address, of patterns,
    #: of a filter and of headers there is one value only.
    few: int | None = None
    #: Values that new rows have, by the number of the row.
    given: Callable[[Make, int], Mapping[str, Any]] = _nothing
    #: Makes a row, and returns its id, where no operation creates one.
    made: Callable[[Make, int], str] | None = None
    #: The query with which a row is seen as writers are answered.
    seen: Mapping[str, str] = field(default_factory=dict)
    #: What is sent, instead of what can be derived.
    values: Mapping[str, Values] = field(default_factory=dict)

"""Resources whose rows are of kinds that tenants declare themselves, as content types are.

The resource's own declaration says what all rows have in common. What one kind has besides, and by
which parameters it is asked for, says its :class:`Kinds`; from what the tenant declares it makes a
:class:`Lens`, through which the statement of a read looks at the rows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.read.conditions import Narrowing
    from sparx_core.read.documents import DocumentValue


class Lens(Protocol):
    """How rows are looked at: in which language, what of them. Hashable, and equal to any other
    that makes the same SQL, whatever its values are.
    """

    @property
    def slots(self) -> Mapping[Hashable, Any]:
        """The parameters of its SQL."""

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that a key needs for it, beside the resource's own."""


class Parameter(NamedTuple):
    """A parameter of lists: what it says, and the words that it may be, if only some."""

    description: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Looked:
    """What a query asks for in the words of the tenant's kinds, and the ``rest`` of its parameters,
    which are those of any resource.
    """

    lens: Lens
    rest: Mapping[str, Any]
    conditions: Sequence[Narrowing] = ()
    #: What rows can be narrowed to and sorted by, besides, by the name in parameters.
    values: Mapping[str, DocumentValue] = field(default_factory=dict)
    #: Whether which rows these leave, and the lens shows, is told by what they are counted by.
    counted: bool = False


@dataclass(frozen=True)
class KindField:
    """A field of a kind, as surfaces describe it.

    ``schema`` is the JSON Schema of one value, as text; there are ``many`` if it is a list. A value
    that refers to a row of the resource says of which ``kinds`` that can be, of none for any; one
    of another resource which. One that is an object has ``fields``. ``operators`` are those of
    lists that are narrowed to it, and ``sorts`` whether they are sorted by it.
    """

    key: str
    schema: str
    many: bool = False
    required: bool = False
    description: str = ""
    kinds: tuple[str, ...] | None = None
    resource: str | None = None
    fields: tuple[KindField, ...] = ()
    operators: tuple[str, ...] = ()
    sorts: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of a resource's rows, as surfaces describe it; ``single`` if there is one of it."""

    key: str
    name: str
    description: str = ""
    fields: tuple[KindField, ...] = ()
    single: bool = False


@dataclass(frozen=True)
class Shapes:
    """The kinds that a tenant declares; ``digest`` is the same for tenants with the same ones."""

    kinds: tuple[Kind, ...] = ()
    digest: str = ""

    @classmethod
    def of(cls, kinds: Iterable[Kind]) -> Shapes:
        found = tuple(kinds)
        return cls(found, sha256(repr(found).encode()).hexdigest() if found else "")


NO_SHAPES = Shapes()


class Kinds(ABC):
    """The kinds of a resource's rows, which each tenant declares.

    Tables that hold them have the trigger ``core.note_declaration``, so that processes know when
    what they have read is not true any more. ``declared`` is what :meth:`read` answered for the
    tenant; None for queries that do not :meth:`concern` it. ``BadRequest`` names the parameter that
    is wrong.
    """

    #: The field of rows in which the values of their kind are.
    holder: str = "fields"
    #: The parameters of lists that are its own, beside ``fields``, ``include`` and ``locale``: the
    #: first says of which kind rows are.
    parameters: Mapping[str, Parameter] = {}
    #: The names of the parameters that gets have, too.
    of_gets: tuple[str, ...] = ()
    #: With which of them a read shows rows as the answers to changes of them do, if it does not
    #: anyway; events then show them as a read without any does.
    as_written: Mapping[str, str] = {}
    #: The values of ``locale`` with which values are in another form than shapes say: in GraphQL
    #: the fields of kinds refuse them.
    unshaped: Container[str] = ()

    @abstractmethod
    def shapes(self, declared: Any) -> Shapes:
        """What the tenant declares, as surfaces describe it."""

    @abstractmethod
    def read(self, ctx: Context) -> Any:
        """What the tenant of a context declares."""

    @abstractmethod
    def concerns(self, params: Mapping[str, Any]) -> bool:
        """Whether a query names anything that the tenant declares."""

    @abstractmethod
    def listed(self, params: Mapping[str, Any], declared: Any) -> Looked:
        """What a list is asked for."""

    @abstractmethod
    def one(self, params: Mapping[str, Any], declared: Any) -> Looked:
        """What a get is asked for."""

    @abstractmethod
    def written(self, params: Mapping[str, Any], declared: Any) -> Looked:
        """What of a row the answer to its change is to show."""

    @abstractmethod
    def is_of(self, ctx: Context, row: Any, kind: str) -> bool:
        """Whether a row that is to be changed is of a kind."""

"""What surfaces have in common: an operation that somebody asks for, and what came of it.

Nothing here knows of HTTP. ``carrying`` does what a :class:`Call` says, ``reading`` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Protocol

from sparx_core.forms import Form
from sparx_core.json import encode
from sparx_core.operations import Operation, Values
from sparx_core.read.view import Views
from sparx_core.surfaces.rest.query import Chosen


class Sent(Protocol):
    """The values that came with a call. What is wrong with them is raised when they are asked for:
    nobody is told of it who may not ask.
    """

    def json(self) -> Any: ...

    def optional_json(self) -> Any:
        """The same, with nothing read as an empty object."""


@dataclass(frozen=True)
class Given:
    """Values that are there already, in the form that they have on the wire."""

    value: Any

    def json(self) -> Any:
        return self.value

    def optional_json(self) -> Any:
        return {} if self.value is None else self.value


def no_precondition(version: int | None) -> None:
    """For calls that say nothing about the row's version."""


@dataclass(frozen=True)
class Call:
    """An operation with all that it is given: the parts of its ``path``, what was ``sent``, the
    ``params`` of a query string.

    ``choose`` says what of the resource the answer shows; None: what ``params`` say.
    ``precondition`` is given the version of the row, or None where there is none, and may refuse;
    ``states_version``: it refuses what was not seen, so that the values need not say a version.
    ``note`` is told who asked: it gets ``tenant`` and ``actor``. ``kind`` is that of the resource's
    kinds of which a row has to be; None for any.
    """

    operation: Operation
    form: Form
    path: Values = field(default_factory=dict)
    sent: Sent | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    choose: Callable[[Views], Chosen] | None = None
    precondition: Callable[[int | None], None] = no_precondition
    states_version: bool = False
    note: Any = field(default_factory=SimpleNamespace)
    request_id: str | None = None
    kind: str | None = None

    def values(self) -> tuple[Values, int | None]:
        """The validated values, and the version of the row that they are about."""
        if self.sent is None:
            return {}, None
        return self.form.load(self.sent.optional_json() if self.form.optional else self.sent.json())


@dataclass(frozen=True)
class Carried:
    """What a call answers with: JSON that is text already; ``extra``, what the object in it has
    besides; ``meta``, what is beside it; the version of the row that it shows; and how it went, if
    not as the operation says.
    """

    data: bytes
    meta: bytes | None = None
    version: int | None = None
    status: int | None = None
    location: str | None = None
    extra: Values = field(default_factory=dict)

    @property
    def whole(self) -> bytes:
        """``data`` with what is ``extra``, in one object."""
        if not self.extra:
            return self.data
        comma = b"," if len(self.data) > len(b"{}") else b""
        return self.data[:-1] + comma + encode(self.extra)[1:]

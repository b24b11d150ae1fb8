"""Fields that no client sends: what is computed, and the rows of other resources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from marshmallow import fields

if TYPE_CHECKING:
    from sparx_core.read.wire import Scope


class Computed(fields.Field[Any]):
    """A value that PostgreSQL computes whenever the resource is read.

    ``expression`` is given the row and answers with SQL, for example
    ``lambda order: order.column("total") - order.column("paid")``; ``field`` says how the value
    looks on the wire. ``reads`` names the models of other tables that the expression reads: what
    the same transaction wrote there is then seen.

    With a ``condition`` a resource may name it among its ``filters``: ``overdue=true`` are the rows
    for which ``condition(row, value)`` holds, ``value`` being the SQL of what was asked for. One
    that compares stored columns with what does not depend on the row can use their indexes.
    """

    def __init__(
        self,
        field: fields.Field[Any],
        expression: Callable[[Scope], Any],
        *,
        reads: Sequence[Any] = (),
        condition: Callable[[Scope, Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.field, self.expression, self.reads = field, expression, tuple(reads)
        self.condition = condition
        super().__init__(dump_only=True, **kwargs)


class Made(Computed):
    """A value that the resource's ``body`` makes, the function by which the database shows a row:
    ``field`` says how it looks.
    """

    def __init__(
        self, field: fields.Field[Any], *, reads: Sequence[Any] = (), **kwargs: Any
    ) -> None:
        super().__init__(field, _made_by_the_body, reads=reads, **kwargs)


def _made_by_the_body(row: Scope) -> Any:
    raise LookupError("its resource has a body, which shows whole rows")


class RelatedList(fields.Field[Any]):
    """The rows of another resource that refer to this one, shown when a reader includes them.

    ``by`` is the ``Related`` field of that resource which refers here, as in Python. At most
    ``limit`` rows are shown, in the order of ``sort``: one of the resource's sorts, newest
    first unless given. The whole list is that resource's own, filtered by the reference.
    """

    def __init__(
        self, resource: str, *, by: str, sort: str | None = None, limit: int = 10, **kwargs: Any
    ) -> None:
        if not 1 <= limit <= MAX_RELATED:
            raise ValueError(f"limit must be from 1 to {MAX_RELATED}")
        self.resource, self.by, self.sort, self.limit = resource, by, sort, limit
        super().__init__(dump_only=True, **kwargs)


#: Rows of one relation that are shown with one row.
MAX_RELATED = 100

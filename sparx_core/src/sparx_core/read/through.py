"""Filters through another table: rows of which another one says that they belong to something."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from peewee import SQL, Cast, Expression, Function, NodeList, Select, Table

from sparx_core.db.statements import slot
from sparx_core.fields import Id
from sparx_core.ids import parse_uuid
from sparx_core.read.operators import BadFilter
from sparx_core.read.wire import Scope

#: Values in one ``in`` or ``nin``.
_MOST = 100


@dataclass(frozen=True)
class Through:
    """A filter of lists by the rows of ``model``, which refer to a row of the list with ``by`` and
    with ``of`` to what is asked for: ``Through("segmentId", SegmentMember, by="customer",
    of="segment")`` makes ``?segmentId=<id>`` the customers who are in a segment.

    ``ne`` and ``nin`` are those who have no such row. The model needs a unique index of ``of`` and
    ``by``, in this order; an id that is not there, or another tenant's, is one of no rows.
    """

    name: str
    model: Any
    by: str
    of: str

    operators = ("eq", "ne", "in", "nin")
    counted, search = False, None

    def __post_init__(self) -> None:
        if ((self.of, self.by), True) not in self.model._meta.indexes:
            raise ValueError(f"{self.name} goes through rows without an index of {self.of}")

    @cached_property
    def field(self) -> Id:
        """What is asked for, for the documentation."""
        return Id()

    def condition(self, operator: str, values: Sequence[str]) -> ThroughCondition:
        """What ``name[operator]=value`` asks for; ``BadFilter`` says what is wrong with it."""
        if len(values) > _MOST:
            raise BadFilter(f"More than {_MOST} values.")
        ids = [parse_uuid(text) for text in values]
        if None in ids:
            raise BadFilter("Not a valid id.")
        return ThroughCondition(self, operator, [str(one) for one in ids])


@dataclass(frozen=True)
class ThroughCondition:
    """A :class:`Through` with the ids that are asked for."""

    through: Through
    operator: str
    ids: Sequence[str] = field(hash=False)

    counted = False

    @property
    def name(self) -> str:
        return self.through.name

    @property
    def shape(self) -> Hashable:
        """What two conditions must share to share a statement."""
        return (self.name, self.operator, "through")

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""
        return {self.shape: list(self.ids)}

    def sql(self, scope: Scope) -> Any:
        """The condition on the rows of ``scope``."""
        model = self.through.model
        by, of = (
            model._meta.fields[name].column_name for name in (self.through.by, self.through.of)
        )
        rows = Table(model._meta.table_name, schema=model._meta.schema, alias="_thr")
        wanted = Cast(slot(self.shape), "uuid[]")
        found = Select([rows], [getattr(rows.c, by)]).where(
            Expression(getattr(rows.c, of), "=", Function("ANY", (wanted,)))
        )
        among = Expression(scope.column("id"), "IN", found)
        return NodeList((SQL("(NOT"), among, SQL(")"))) if self.operator in ("ne", "nin") else among

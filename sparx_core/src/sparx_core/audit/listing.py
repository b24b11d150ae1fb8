"""Lists of entries: what of them is found by an index, and what by looking at many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sparx_core.read.columns import Comparable
from sparx_core.read.conditions import Condition
from sparx_core.read.filters import Filter
from sparx_core.read.listing import Listing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = "createdAt"


class TimeFilter(Filter):
    """A filter by the time of an entry, which is in its id as well: the primary key finds it."""

    def _at_second(self, operator: str, text: str) -> Condition:
        told = super()._at_second(operator, text)
        value = told.value
        ids = tuple(map(_first_id, value)) if isinstance(value, tuple) else _first_id(value)
        return replace(told, on=Comparable(self.column.model._meta.fields["id"]), value=ids)


class EntryListing(Listing):
    """Indexes cost each write of every resource: entries have few, for what finds few of them."""

    scanned = frozenset({"resource", "operation", "action", "actorType", _TIME})

    def _filter(self, name: str) -> Filter:
        found = super()._filter(name)
        if name != _TIME:
            return found
        return TimeFilter(found.name, found.field, found.column, found.operators, found.on)


def _first_id(time: datetime) -> str:
    """The smallest UUIDv7 of a moment; of one before 1970, the smallest of all."""
    milliseconds = max((time - _EPOCH) // timedelta(milliseconds=1), 0)
    return str(UUID(int=milliseconds << 80))

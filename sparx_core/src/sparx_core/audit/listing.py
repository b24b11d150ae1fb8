"""Lists of entries: what of them is found by an index, and what by looking at many."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sparx_core.ids import first_uuid7
from sparx_core.read.columns import Comparable
from sparx_core.read.conditions import Condition
from sparx_core.read.filters import Filter
from sparx_core.read.listing import Listing

_TIME = "createdAt"


class TimeFilter(Filter):
    """A filter by the time of an entry, which is in its id as well: the primary key finds it."""

    def _at_second(self, operator: str, text: str) -> Condition:
        told = super()._at_second(operator, text)
        value = told.value
        ids = tuple(map(_first, value)) if isinstance(value, tuple) else _first(value)
        return replace(told, on=Comparable(self.column.model._meta.fields["id"]), value=ids)


class EntryListing(Listing):
    """Indexes cost each write of every resource: entries have few, for what finds few of them."""

    scanned = frozenset({"resource", "operation", "action", "actorType", _TIME})

    def _filter(self, name: str) -> Filter:
        found = super()._filter(name)
        if name != _TIME:
            return found
        return TimeFilter(found.name, found.field, found.column, found.operators, found.on)


def _first(time: datetime) -> str:
    return str(first_uuid7(time))

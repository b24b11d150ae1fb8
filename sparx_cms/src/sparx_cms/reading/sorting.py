"""How lists that are sorted by a field find the entries that they begin with.

The rows of ``cms.field_values`` lie in the order of a field's values, language by language. So the
first entries of each language that is looked at are taken from there, and those that have no value,
which come last, where these are not enough.
"""

from __future__ import annotations

from typing import Any

from peewee import SQL, Case, Cast, Expression, Function, NodeList, Select, Table

from sparx_cms.reading.finding import kept_as
from sparx_cms.reading.lens import EntryLens
from sparx_core import Beginning, DocumentValue, Scope, slot

_TEXT = "text"


def first_by_value(key: str, localized: bool, value: DocumentValue, asked: Beginning) -> Any:
    """SQL of the ids of the entries that a list of what is live begins with, and of some more."""
    return _Sorted(key, localized, value, asked).ids()


class _Sorted:
    """A list that is sorted by a field."""

    def __init__(self, key: str, localized: bool, value: DocumentValue, asked: Beginning) -> None:
        self.localized, self.value, self.asked = localized, value, asked
        self.field = Cast(slot(("entry field", key)), "text")
        lens = self._entries("_o").lens
        assert isinstance(lens, EntryLens)
        self.places = [Cast(slot(("entry chain", place)), "text") for place in range(lens.depth)]

    def ids(self) -> Any:
        branches: list[Any] = [SQL('WITH "_kept" ("id") AS (')]
        for number in range(len(self.places)):
            branches += [SQL("UNION ALL")] if number else []
            branches.append(self._with_value(number))
        rest = SQL(') SELECT "id" FROM "_kept" UNION ALL')
        return NodeList((*branches, rest, self._without_value()))

    def _entries(self, alias: str) -> Scope:
        return self.asked.scope(Table("entries", schema="cms", alias=alias))

    def _with_value(self, number: int) -> Select:
        """The first entries whose value that counts is in one of the languages."""
        entries, kept = self._entries(f"_o{number}"), self._values(f"_v{number}")
        wanted = [*self._of_field(kept), kept.c.locale == self.places[number]]
        if self.asked.after:
            sign = "<=" if self.asked.descending else ">="
            mark = Cast(slot("after value"), self.value.type)
            wanted.append(Expression(kept.c.term, sign, self._term(mark)))
        if not self.localized and len(self.places) > 1:
            wanted.append(kept.c.locale == self._first_live(entries))
        elif number:
            # By a function: the planner would take an operator for the rarest of conditions.
            term = self._term(self.value.of(entries))
            wanted.append(Function("texteq", (kept.c.term, term)))
        # Texts that begin alike are kept as one.
        among = [self.value.of(entries)] if self.value.how == _TEXT else []
        return self._chosen(
            Select([kept, entries.source], [kept.c.entry_id]).where(
                kept.c.entry_id == entries.column("id"), *wanted, *self.asked.wanted(entries)
            ),
            [kept.c.term, *among, kept.c.entry_id],
        )

    def _without_value(self) -> Select:
        """The first entries that have none, if the others are not enough."""
        entries, kept = self._entries("_w"), self._values("_k")
        any_of = (SQL("ANY (ARRAY["), NodeList(self.places, glue=", "), SQL("])"))
        place = NodeList(any_of) if self.localized else self._first_live(entries)
        has = Select([kept], [SQL("1")]).where(
            kept.c.entry_id == entries.column("id"),
            kept.c.locale == place,
            *self._of_field(kept),
        )
        found = Select([entries.source], [entries.column("id")]).where(
            NodeList((SQL("NOT EXISTS"), has)), *self.asked.wanted(entries)
        )
        few = NodeList((SQL('(SELECT count(*) FROM "_kept") <'), self.asked.limit))
        return self._chosen(found.where(few), [entries.column("id")])

    def _chosen(self, rows: Select, terms: list[Any]) -> Select:
        ordered = [one.desc() if self.asked.descending else one.asc() for one in terms]
        chosen: Select = rows.order_by(*ordered).limit(self.asked.limit)
        return chosen

    def _values(self, alias: str) -> Any:
        return Table("field_values", schema="cms", alias=alias)

    def _of_field(self, kept: Any) -> list[Any]:
        """Those of the field that is sorted by; an empty text is as good as none."""
        least, end = (NodeList((self.field, SQL(f"|| '{sign}'"))) for sign in "=>")
        return [kept.c.stage == SQL("'live'"), kept.c.term > least, kept.c.term < end]

    def _first_live(self, entries: Scope) -> Any:
        """The language whose value counts of a field that is not localized."""
        live = Function("ANY", (entries.column("live_locales"),))
        return Case(None, [(Expression(place, "=", live), place) for place in self.places])

    def _term(self, compared: Any) -> Any:
        return NodeList((self.field, SQL("|| '=' ||"), kept_as(self.value.how, compared)))

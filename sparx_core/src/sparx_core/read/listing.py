"""What the lists of a resource can be asked, as its declaration says: filters, orders, search.

From the same declaration follow the indexes, the counts and the search function that make the
answers fast; ``sparx migrate`` keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from marshmallow import fields

from sparx_core.db.fields import MoneyField, TextArrayField
from sparx_core.db.models import TenantModel, TrashModel, table_of
from sparx_core.db.search import Searched
from sparx_core.db.statements import sql_type
from sparx_core.derived import Computed, RelatedList
from sparx_core.fields import Choice, Flag, Many, Related
from sparx_core.read.columns import BOUNDS, Comparable, is_comparable, is_sortable
from sparx_core.read.filters import ComputedFilter, Filter
from sparx_core.read.operators import operators_of
from sparx_core.read.ordering import Ordering
from sparx_core.read.through import Through
from sparx_core.read.view import schema_instance
from sparx_core.schemas import ObjectSchema, camel

#: Characters of text that an entry of an index has room for, whatever they are: 2,704 bytes.
MAX_INDEXED = 640
#: Combinations of values by which the rows of a tenant are counted, at most.
MAX_CELLS = 256


#: What a query means by these names.
PARAMETERS = frozenset(
    {"take", "skip", "cursor", "sort", "q", "fields", "include", "locale", "trashed", "view"}
)


class BadSort(Exception):
    """Not an order that the resource can be listed in; the text says which there are."""


class Listing:
    """The filters and orders of a resource by wire name, and what it is searched by.

    Raises ``ValueError`` for a declaration that no index could serve. ``scanned`` are filters
    without an index: each costs every write, and these are asked together with others.
    """

    scanned: frozenset[str] = frozenset()

    def __init__(
        self,
        key: str,
        model: type[TenantModel],
        schema: type[ObjectSchema],
        *,
        filters: Sequence[str | Through],
        sorts: Sequence[str],
        search: Sequence[str],
        order: str | None = None,
        scanned: Sequence[str] = (),
    ) -> None:
        self.scanned = self.scanned.union(scanned)
        self.key, self.model, self.schema = key, model, schema
        module, _, name = key.partition(".")
        self._fields = {str(one.data_key): one for one in schema_instance(schema).fields.values()}
        self._relations = {
            camel(str(one.name)): one for one in self._fields.values() if isinstance(one, Related)
        }
        #: References to resources through whose rows this one's are found, by column.
        self.search_related = {
            self._column(one).column_name: one.resource
            for name in search
            if (one := self._relations.get(name)) is not None
        }
        self.search_names = tuple(search)
        own = [self._stored(name, "searched") for name in search if name not in self._relations]
        self.searched = self._searched(own) if search else None
        self._searched_numbers = [
            column for one in own if sql_type(column := self._column(one)) in BOUNDS
        ]
        self.search_function = f"{module}.search_{name}" if search else None
        self.sorts: Mapping[str, Comparable] = {
            name: self._comparable(name, "sorted", filled=True) for name in sorts
        }
        self.filters: Mapping[str, Filter | ComputedFilter | Through] = dict(
            (one.name, one)
            if isinstance(one, Through)
            else (one, self._computed(one) or self._filter(one))
            for one in filters
        )
        if reserved := sorted(PARAMETERS.intersection(self.filters)):
            raise ValueError(f"{key} is filtered by {reserved[0]!r}, a parameter of every list")
        self.counted = self._counted()
        #: The order of who asks for none.
        self.order = order
        if order is not None and order.removeprefix("-") not in self.sorts:
            raise ValueError(f"{key} is in the order of {order!r}, which is none of its sorts")

    @property
    def search_scopes(self) -> frozenset[str]:
        """The scopes that ``q`` needs beside the resource's own: it looks into others, too."""
        modules = (resource.partition(".")[0] for resource in self.search_related.values())
        return frozenset(f"read:{module}" for module in modules)

    def ordering(self, sort: str | None) -> Ordering:
        """The order that ``name`` or ``-name`` asks for; without one the resource's own, or else
        newest first.
        """
        sort = sort or self.order
        if sort is None:
            return Ordering()
        name = sort.removeprefix("-")
        column = self.sorts.get(name)
        if column is None:
            known = ", ".join(self.sorts) or "nothing but the order of creation"
            raise BadSort(f"Cannot be sorted by {name[:64]!r}, only by {known}.")
        return Ordering(name, column, descending=sort.startswith("-"))

    def indexes(self) -> Iterator[tuple[str, list[str]]]:
        """(name, columns as SQL) of the indexes that filters, orders and searched numbers need."""
        table: Any = self.model._meta
        unique = {tuple(names) for names, is_unique in table.indexes if is_unique}
        needed = [*self.sorts.values()]
        needed += [
            one.on
            for one in self.filters.values()
            if isinstance(one, Filter)
            and one.operators != ("contains",)
            and one.name not in self.scanned
        ]
        needed += [Comparable(one) for one in self._searched_numbers]
        for one in dict.fromkeys(needed):
            if (one.column.name,) in unique and not one.filled:
                continue
            suffix = "sort_idx" if one.filled else "idx"
            name = f"{table.table_name}_{one.name}_{suffix}"
            yield name, ["tenant_id", one.indexed(), "id"]

    # -- how -------------------------------------------------------------------------------

    def _stored(self, name: str, what: str) -> fields.Field[Any]:
        field = self._fields.get(name)
        if field is None or isinstance(field, Computed | Many | RelatedList):
            raise ValueError(f"{self.key} is {what} by {name!r}, which is no stored field of it")
        return field

    def _column(self, field: fields.Field[Any]) -> Any:
        return self.model._meta.fields[field.attribute or field.name]

    def _comparable(self, name: str, what: str, *, filled: bool) -> Comparable:
        column = self._column(self._stored(name, what))
        if not is_comparable(column):
            raise ValueError(
                f"{self.key} is {what} by {name!r}, a {sql_type(column)}, which PostgreSQL"
                " does not compare through an index under row-level security"
            )
        self._require_short(name, self._fields[name], what)
        if what == "sorted" and not is_sortable(column):
            raise ValueError(f"{self.key} is sorted by {name!r}, a boolean that may be null")
        bound = BOUNDS.get(sql_type(column), 0)
        least = getattr(self._fields[name], "minimum", None)
        above = least is not None and least > -bound
        spare = not bound or above or isinstance(column, MoneyField)
        return Comparable(column, filled and column.null, spare)

    def _require_short(self, name: str, field: fields.Field[Any], what: str) -> None:
        """A field that says how long its text may be says that an index can hold it."""
        if getattr(field, "maximum", 0) > MAX_INDEXED and isinstance(field, fields.String):
            raise ValueError(
                f"{self.key} is {what} by {name!r}, which may be longer than the {MAX_INDEXED}"
                " characters that an index holds"
            )

    def _computed(self, name: str) -> ComputedFilter | None:
        """The filter of a computed field that says how rows are found by it."""
        field = self._fields.get(name)
        if isinstance(field, Computed) and field.condition is not None:
            return ComputedFilter(name, field)
        return None

    def _filter(self, name: str) -> Filter:
        field = self._stored(name, "filtered")
        column = self._column(field)
        searchable = name in self.search_names
        if isinstance(column, TextArrayField):
            if not searchable:
                raise ValueError(f"{self.key} is filtered by {name!r}, a list: search by it, too")
            return Filter(
                name, field, column, ("contains",), Comparable(column), search=self.search_function
            )
        # One that lists are sorted by as well has one index for both.
        on = self._comparable(name, "filtered", filled=name in self.sorts)
        operators = [*operators_of(field, on)]
        if searchable and "startsWith" in operators:
            operators.append("contains")
        if column.null:
            operators.append("exists")
        return Filter(
            name,
            field,
            column,
            tuple(operators),
            on,
            counted=isinstance(field, Choice | Flag),
            search=self.search_function,
        )

    def _counted(self) -> tuple[str, ...]:
        """The columns by whose values rows are counted."""
        counted = [one for one in self.filters.values() if one.counted]
        cells = prod(len(getattr(one.field, "words", (True, False))) + 1 for one in counted)
        if cells > MAX_CELLS:
            raise ValueError(f"{self.key}: its filters have {cells} combinations of values")
        trash = ("trashed",) if issubclass(self.model, TrashModel) else ()
        return (*(one.on.name for one in counted if isinstance(one, Filter)), *trash)

    def _searched(self, own: Sequence[fields.Field[Any]]) -> Searched:
        columns = [self._column(one) for one in own]
        for field, column in zip(own, columns, strict=True):
            if isinstance(column, TextArrayField):  # its entries are held whole
                self._require_short(str(field.data_key), getattr(field, "inner", field), "searched")
        arrays = [one.column_name for one in columns if isinstance(one, TextArrayField)]
        texts = [one.column_name for one in columns if sql_type(one) == "TEXT"]
        numbers = [one.column_name for one in columns if sql_type(one) in BOUNDS]
        if len(arrays) + len(texts) + len(numbers) < len(columns):
            raise ValueError(f"{self.key} is searched by something that is no text")
        trashed = False if issubclass(self.model, TrashModel) else None
        return Searched(table_of(self.model), tuple(texts), tuple(arrays), tuple(numbers), trashed)

"""Carrying entries out: all at once as long as nothing is refused, and otherwise in parts, so that
each refusal is that of one entry and the others stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from sparx_core.bulk.items import Item, Outcome, Reader, in_order, refused
from sparx_core.bulk.schemas import CREATE, DELETE, UPDATE, UPSERT
from sparx_core.context import Context
from sparx_core.custom_fields.values import with_custom
from sparx_core.db.models import TenantModel, TrashModel
from sparx_core.errors import ApiError, Conflict, NotFound
from sparx_core.json import encode
from sparx_core.references import note_references, tell_taken
from sparx_core.resources import Kind, Resource, Shown
from sparx_core.transaction import Answer

#: The smallest error of the server's own: nothing that an entry could mend.
_SERVER = 500


class Spoiled(Exception):
    """An entry was refused when a part of it was sent already: only rolling back undoes that."""

    def __init__(self, place: int, error: ApiError) -> None:
        super().__init__(str(error))
        self.place, self.error = place, error


class Journal(Protocol):
    """Is told of rows before they are written and after, by whoever wants to undo it."""

    def before(self, rows: Sequence[TenantModel]) -> None: ...

    def after(self, created: Sequence[UUID], changed: Sequence[UUID]) -> None: ...


class Part:
    """Entries that are carried out together, inside a savepoint."""

    def __init__(self, run: Run, items: Sequence[Item]) -> None:
        self.run, self.items, self.ctx = run, items, run.ctx
        self.outcomes: dict[int, Outcome] = {}
        self.created: list[UUID] = []
        self.changed: list[UUID] = []
        self._rows: dict[UUID, TenantModel] = {}
        self._by_key: dict[tuple[str, Any], TenantModel] = {}
        #: What was written, by entry, and is not rendered yet.
        self._unsettled: dict[int, tuple[int, TenantModel]] = {}
        self._touched: set[Any] = set()

    def carry_out(self) -> None:
        """All entries; what is wrong with one by itself is an outcome."""
        self._load(self.items)
        for place, item in enumerate(self.items):
            row = self._row(item)
            if item.found_by in self._touched or (row is not None and row.id in self._touched):
                # What comes before is sent, and the row read again as it is then.
                self.settle()
                self._load([item])
                row = self._row(item)
            mark = self.ctx.mark()
            try:
                self._carry_out(item, row)
                self.ctx.ask_guards()
            except ApiError as error:
                # A failed statement may be about any entry; an outage is nobody's fault.
                if self.ctx.transaction.failed or error.status >= _SERVER:
                    raise
                if not self.ctx.forget(mark):
                    raise Spoiled(place, error) from error
                self._unsettled.pop(item.index, None)
                self.outcomes[item.index] = refused(item.index, error)
            self._touched |= {one for one in (row and row.id, item.found_by) if one is not None}
        self.settle()

    def settle(self) -> None:
        """Send what is pending with its events, and render what was written."""
        self.ctx.finish()
        shown, resource = self.run.shown, self.run.resource
        rows = {row.id for _, row in self._unsettled.values()}
        rendered = (
            {} if shown is None or not rows
            else self.ctx.transaction.render(self.ctx, resource, sorted(rows), shown)
        )  # fmt: skip
        for index, (status, row) in self._unsettled.items():
            text = rendered[row.id].text if row.id in rendered else ""
            self.outcomes[index] = Outcome(index, status, row.id, text)
        self._unsettled = {}

    def _carry_out(self, item: Item, row: TenantModel | None) -> None:
        reader = self.run.reader
        if row is None:
            if item.op in (UPDATE, DELETE):
                raise NotFound
            self._create(item if item.op == CREATE else reader.validated(item, CREATE))
            return
        verb = UPDATE if item.op == UPSERT else item.op
        if item.op == UPSERT:
            item = reader.validated(item, UPDATE)
        self.ctx.check_version(row, item.version)
        function = reader.operation(verb).function
        assert function is not None
        if verb == DELETE:
            function(self.ctx, row)
            text = encode({"id": row.id, "deleted": True}).decode()
            self.outcomes[item.index] = Outcome(item.index, 200, row.id, text)
            return
        note_references(self.ctx, reader.forms[Kind(verb)].schema, item.values)
        values = with_custom(self.ctx, reader.operation(verb), deepcopy(item.values), row)
        self._written(item, 200, function(self.ctx, row, values))
        self.changed.append(row.id)

    def _create(self, item: Item) -> None:
        operation = self.run.reader.operation(CREATE)
        note_references(self.ctx, self.run.reader.forms[Kind.CREATE].schema, item.values)
        assert operation.function is not None
        values = with_custom(self.ctx, operation, deepcopy(item.values))
        row = self._written(item, operation.status, operation.function(self.ctx, values))
        self.created.append(row.id)

    def _written(self, item: Item, status: int, written: Any) -> TenantModel:
        row: TenantModel = written.row if isinstance(written, Shown) else written
        self._unsettled[item.index] = (status, row)
        # Who looks for these values now finds another row than was there before.
        for key in self.run.reader.keys.values():
            value = key.column.db_value(getattr(row, key.column.name))
            self._touched.add((key.name, str(value)))
        return row

    def _row(self, item: Item) -> TenantModel | None:
        """The row that an entry is about, locked; None if there is none, or none yet."""
        if item.found_by is not None:
            return self._by_key.get(item.found_by)
        return None if item.id is None else self._rows.get(item.id)

    def _load(self, items: Sequence[Item]) -> None:
        """Lock the rows that entries are about: one statement for ids, one for each key."""
        ids = [item.id for item in items if item.id is not None]
        for one in ids:
            self._rows.pop(one, None)
        found = self._locked("id", ids)
        self._rows.update({row.id: row for row in found})
        for key in {item.key.name: item.key for item in items if item.key is not None}.values():
            values = [item.value for item in items if item.key == key]
            for item in items:
                if item.key == key and item.found_by is not None:
                    self._by_key.pop(item.found_by, None)
            for row in self._locked(key.column.name, values):
                same = self._rows.setdefault(row.id, row) if row.id not in self._touched else row
                value = key.column.db_value(getattr(same, key.column.name))
                self._by_key[key.name, str(value)] = same

    def _locked(self, name: str, values: Sequence[Any]) -> list[TenantModel]:
        rows = self.ctx.lock(self.run.resource.model, name, values)
        rows = [row for row in rows if not (isinstance(row, TrashModel) and row.trashed)]
        if rows and self.run.journal is not None:
            self.run.journal.before(rows)
        return rows


class Run:
    """One batch, or one chunk of an import. ``shown`` is what the outcomes show of rows, if
    anything; ``journal`` notes what is needed to undo it.
    """

    def __init__(
        self,
        ctx: Context,
        resource: Resource,
        shown: Answer | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.ctx, self.resource, self.shown, self.journal = ctx, resource, shown, journal
        self.reader = Reader(resource)
        ctx.in_bulk = True

    def carry_out(self, items: Sequence[Item]) -> dict[int, Outcome]:
        """What became of each entry, by its index; those that were refused changed nothing."""
        outcomes: dict[int, Outcome] = {}
        waiting: list[list[Item]] = [list(in_order(items))]
        again: set[int] = set()
        while waiting:
            items = waiting.pop()
            if not items:
                continue
            part = Part(self, items)
            try:
                self.ctx.transaction.attempt(partial(self._finish, part))
                outcomes |= part.outcomes
            except Spoiled as spoiled:
                self.ctx.forget_all()
                place = spoiled.place
                outcomes[items[place].index] = refused(items[place].index, spoiled.error)
                waiting += [list(items[place + 1 :]), list(items[:place])]
            except ApiError as error:
                self.ctx.forget_all()
                if error.status >= _SERVER:
                    raise
                (first, *rest) = items
                if rest:
                    half = len(items) // 2
                    waiting += [list(items[half:]), list(items[:half])]
                elif _lost_race(first, error) and first.index not in again:
                    # Somebody created the row in the meantime: then it is there to be changed.
                    again.add(first.index)
                    waiting.append([first])
                else:
                    tell_taken(self.ctx, error)
                    outcomes[first.index] = refused(first.index, error)
        return outcomes

    def _finish(self, part: Part) -> None:
        part.carry_out()
        if self.journal is not None:
            self.journal.after(part.created, part.changed)


def _lost_race(item: Item, error: ApiError) -> bool:
    return item.op == UPSERT and isinstance(error, Conflict)


def read_all(
    reader: Reader, entries: Sequence[Any], told: Callable[[ApiError, int], ApiError]
) -> tuple[list[Item], dict[int, Outcome]]:
    """The entries that can be carried out, and the outcomes of the others."""
    items, outcomes = [], {}
    for index, entry in enumerate(entries):
        try:
            items.append(replace(reader.read(index, entry), index=index))
        except ApiError as error:
            outcomes[index] = refused(index, told(error, index))
    return items, outcomes

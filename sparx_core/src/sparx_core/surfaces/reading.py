"""Reading lists, groups and single resources: whatever surface they are asked through.

A read is one message to the database, which admits the key and renders the answer. What a resource
looks like depends on which modules are active, and that is known only when the answer is there. So
it is asked for as the key's tenant had it the last time; :class:`Outdated` tells that this has
changed. Where no module extends another's resource, there is nothing to know.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar
from uuid import UUID

from peewee import SQL

from sparx_core.actors import looks_of
from sparx_core.auth.keys import PresentedKey
from sparx_core.confinement import check_confined, check_hiding
from sparx_core.db.statements import Statement
from sparx_core.errors import (
    BadRequest,
    InsufficientScope,
    ModuleDisabled,
    NotFound,
    Unavailable,
)
from sparx_core.operations import Kind, Operation, Values
from sparx_core.read.aggregates import Aggregate, select_groups
from sparx_core.read.compiler import select_one
from sparx_core.read.ordering import Cursor
from sparx_core.read.own import Own, is_own, version_column
from sparx_core.read.page import Page, locale_slots, select_page
from sparx_core.read.selection import Selection
from sparx_core.read.view import View, Views
from sparx_core.runtime import Runtime, reader_column
from sparx_core.surfaces.rest.query import Chosen

#: How often a read is tried while its tenant's modules change.
ATTEMPTS = 10

Answered = TypeVar("Answered")


class Outdated(Exception):
    """The answer is of a resource as it looked before; ``looks`` is what it looks like now."""

    def __init__(self, looks: frozenset[str]) -> None:
        super().__init__()
        self.looks = looks


@dataclass(frozen=True)
class Asking:
    """Who asks, with the parameters of a query string, or what amounts to them.

    ``note`` is told who asked: it gets ``tenant``, ``actor``, ``looks`` and ``confined``.
    """

    key: PresentedKey
    params: Mapping[str, Any] = field(default_factory=dict)
    note: Any = field(default_factory=SimpleNamespace)


class Reading:
    """The reads of one operation: a list, a get, an aggregate."""

    def __init__(self, runtime: Runtime, operation: Operation) -> None:
        self.runtime, self.operation = runtime, operation
        assert operation.resource is not None
        self.resource = operation.resource

    def answer(self, asking: Asking, ask: Callable[[Views], Answered]) -> Answered:
        """What ``ask`` answers with the views that the tenant has; it is called again for others
        if they turn out to have changed.
        """
        looks = self.runtime.looks(asking.key)
        for _ in range(ATTEMPTS):
            views = self.runtime.registry.views(looks)
            try:
                return ask(views)
            except Outdated as outdated:
                looks = outdated.looks
            except (BadRequest, NotFound, InsufficientScope, ModuleDisabled):
                # What is wrong with the question is told to those who may ask it.
                known = self.runtime.known_own(asking.key)
                active = self.check(asking)
                if self.runtime.registry.views(active) is views and (
                    self.runtime.known_own(asking.key) is known
                ):
                    raise
                looks = active
        raise Unavailable  # the modules change faster than we can look

    def own(self, asking: Asking) -> Own | None:
        """What the tenant declares itself, if that is asked for."""
        return self.runtime.own(asking.key) if is_own(asking.params, self.resource) else None

    def page(
        self, asking: Asking, views: Views, page: Page, own: Own | None = None
    ) -> tuple[str, Values]:
        """A page of the list, as JSON text, and its ``total``, ``per_page``, ``next_cursor``."""
        view = views.resource(self.resource.key)
        statement = self.runtime.statements.get(
            ("list", self.resource.key, views.modules, page.shape, own is not None),
            lambda: select_page(view, views, page).select_extend(*_beside(own)),
        )
        scopes = page.scopes(view, views)
        text, mark, more, total, *version = self._read(
            asking, views, statement, page.slots, scopes, prepare=page.steady
        )
        self._check_own(asking, own, version)
        self._check_confined(asking, page.selection, view, views)
        meta = {"total": total, "per_page": page.take, "next_cursor": None}
        if more:
            meta["next_cursor"] = Cursor.of_mark(mark).encode(page.ordering)
        return text, meta

    def groups(
        self, asking: Asking, views: Views, asked: Aggregate, own: Own | None = None
    ) -> tuple[str, Values]:
        """The groups of an aggregate, as JSON text, and what is told beside them."""
        statement = self.runtime.statements.get(
            ("aggregate", self.resource.key, asked.shape, own is not None),
            lambda: select_groups(self.resource.model, asked).select_extend(*_beside(own)),
        )
        text, truncated, zone, *version = self._read(
            asking, views, statement, asked.slots, asked.scopes, prepare=False
        )
        self._check_own(asking, own, version)
        if asking.note.confined:
            check_confined(self.operation)
        return text, {"truncated": truncated, "timezone": zone}

    def one(
        self,
        asking: Asking,
        views: Views,
        chosen: Chosen,
        row_id: UUID,
        own: Own | None = None,
    ) -> tuple[str, int]:
        """A row as JSON text, and its version; ``NotFound`` if the tenant has none."""
        view = views.resource(self.resource.key)
        locales = len(chosen.locales)
        statement = self.runtime.statements.get(
            ("get", self.resource.key, views.modules, chosen.selection, locales, own is not None),
            lambda: select_one(self.resource, views, chosen.selection, locales).select_extend(
                *_beside(own)
            ),
        )
        slots: dict[Hashable, Any] = {"id": str(row_id), **locale_slots(chosen.locales)}
        slots |= chosen.selection.slots
        scopes = chosen.selection.scopes(view, views)
        text, row_version, *version = self._read(asking, views, statement, slots, scopes)
        self._check_own(asking, own, version)
        self._check_confined(asking, chosen.selection, view, views)
        return text, row_version

    def check(self, asking: Asking, scopes: Iterable[str] = ()) -> frozenset[str]:
        """Raise what keeps the key from asking, if anything does; how resources look to it."""
        with self.runtime.as_key(asking.key, read_only=True) as context:
            asking.note.actor = str(context.actor)
            asking.note.tenant = context.tenant.slug
            context.require(self.operation.module, self.operation.scope)
            if context.sees is not None:
                check_confined(self.operation)
            if context.hides:
                check_hiding(self.operation, context.hides, asking.params)
            for scope in sorted(scopes):
                context.require(scope.partition(":")[2], scope)
            return looks_of(context.modules, context.hides)

    def _check_own(self, asking: Asking, own: Own | None, version: list[int]) -> None:
        """Have it asked again if the tenant declares something else by now."""
        if own is not None and version != [own.declared.version]:
            self.runtime.forget_own(asking.key)
            raise Outdated(self.runtime.looks(asking.key))

    def _read(
        self,
        asking: Asking,
        views: Views,
        statement: Statement,
        slots: Mapping[Hashable, Any],
        scopes: frozenset[str],
        *,
        prepare: bool = True,
    ) -> tuple[Any, ...]:
        """The row of the statement; ``NotFound`` if there is none for this key."""
        required = {str(self.operation.scope), *scopes}
        modules = {self.operation.module, *(one.partition(":")[2] for one in scopes)}
        for last in (False, True):
            found = self.runtime.read(
                asking.key, sorted(modules), sorted(required), statement, slots, prepare=prepare
            )
            if found is not None:
                break
            self.check(asking, scopes)
            if last:
                raise NotFound if self.operation.kind is Kind.GET else Unavailable
            # Again, because the key may have been admitted between the two.
        assert found is not None
        reader, row = found
        note = asking.note
        note.actor, note.tenant, note.looks = reader.actor, reader.tenant, reader.looks
        if self.runtime.registry.views(reader.looks) is not views:
            raise Outdated(reader.looks)
        note.confined = reader.confined
        if views.hides:
            check_hiding(self.operation, views.hides, asking.params)
        return row

    def _check_confined(
        self, asking: Asking, selection: Selection, view: View, views: Views
    ) -> None:
        """A key that does not see the records of everybody is not told of what has no owner."""
        if asking.note.confined:
            related = (relation for relation, _, _ in selection.relations(view, views))
            check_confined(self.operation, related)


def _beside(own: Own | None) -> list[SQL]:
    """The columns of a statement beside what is asked for: by which declarations it was right, and
    who read.
    """
    return [reader_column()] if own is None else [version_column(), reader_column()]

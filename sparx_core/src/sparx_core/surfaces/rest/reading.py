"""Lists and single resources over REST."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import falcon
from peewee import SQL

from sparx_core.actors import looks_of
from sparx_core.auth.keys import PresentedKey, bearer
from sparx_core.confinement import check_confined, check_hiding
from sparx_core.db.statements import Statement
from sparx_core.errors import (
    BadRequest,
    InsufficientScope,
    ModuleDisabled,
    NotFound,
    Unauthorized,
    Unavailable,
)
from sparx_core.ids import parse_uuid
from sparx_core.json import encode
from sparx_core.read.aggregates import select_groups
from sparx_core.read.compiler import select_one
from sparx_core.read.ordering import Cursor
from sparx_core.read.own import Own, is_own, version_column
from sparx_core.read.page import locale_slots, select_page
from sparx_core.read.selection import Selection
from sparx_core.read.view import View, Views
from sparx_core.resources import Kind, Operation
from sparx_core.runtime import Runtime, reader_column
from sparx_core.surfaces.rest.aggregating import parse_aggregate
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.preconditions import check_row, tag
from sparx_core.surfaces.rest.query import NOBODYS, parse_chosen, parse_page

#: How often a read is tried while its tenant's modules change.
ATTEMPTS = 10


def _beside(own: Own | None) -> list[SQL]:
    """The columns of a statement beside what is asked for: by which declarations it was right, and
    who read.
    """
    return [reader_column()] if own is None else [version_column(), reader_column()]


class Outdated(Exception):
    """The answer is of a resource as it looked before; ``looks`` is what it looks like now."""

    def __init__(self, looks: frozenset[str]) -> None:
        super().__init__()
        self.looks = looks


class Reading:
    """A list or a get: one message to the database, which admits the key and renders the answer.

    What a resource looks like depends on which modules are active, and that is known only when
    the answer is there. So it is asked for as the key's tenant had it the last time, and once
    more if that has changed; where no module extends another's resource, there is nothing to
    know.
    """

    def __init__(self, runtime: Runtime, operation: Operation) -> None:
        self.runtime, self.operation = runtime, operation
        assert operation.resource is not None
        self.resource = operation.resource
        answers: dict[Kind, Callable[..., None]] = {
            Kind.LIST: self._list,
            Kind.AGGREGATE: self._aggregate,
        }
        self._answer = answers.get(operation.kind, self._get)

    def respond(self, request: falcon.Request, response: falcon.Response, **path: str) -> None:
        request.context.operation = self.operation.name
        key = bearer(request.get_header("Authorization"))
        if key is None:
            raise Unauthorized
        looks = self.runtime.looks(key)
        for _ in range(ATTEMPTS):
            views = self.runtime.registry.views(looks)
            try:
                return self._answer(key, views, request, response, **path)
            except Outdated as outdated:
                looks = outdated.looks
            except (BadRequest, NotFound, InsufficientScope, ModuleDisabled):
                # What is wrong with the question is told to those who may ask it.
                known = self.runtime.known_own(key)
                active = self._check(key, request)
                if self.runtime.registry.views(active) is views and (
                    self.runtime.known_own(key) is known
                ):
                    raise
                looks = active
        raise Unavailable  # the modules change faster than we can look

    def _list(
        self, key: PresentedKey, views: Views, request: falcon.Request, response: falcon.Response
    ) -> None:
        own = self.runtime.own(key) if is_own(request.params) else None
        page = parse_page(request, self.resource, views, own or NOBODYS)
        view = views.resource(self.resource.key)
        statement = self.runtime.statements.get(
            ("list", self.resource.key, views.modules, page.shape, own is not None),
            lambda: select_page(view, views, page).select_extend(*_beside(own)),
        )
        scopes = page.scopes(view, views)
        text, mark, more, total, *version = self._read(
            key, views, request, statement, page.slots, scopes, prepare=page.steady
        )
        self._check_own(key, own, version, views)
        self._check_confined(request, page.selection, view, views)
        meta = {"total": total, "per_page": page.take, "next_cursor": None}
        if more:
            meta["next_cursor"] = Cursor.of_mark(mark).encode(page.ordering)
        success(response, text.encode(), encode(meta))

    def _aggregate(
        self, key: PresentedKey, views: Views, request: falcon.Request, response: falcon.Response
    ) -> None:
        own = self.runtime.own(key) if is_own(request.params) else None
        asked = parse_aggregate(request, self.resource, own or NOBODYS)
        statement = self.runtime.statements.get(
            ("aggregate", self.resource.key, asked.shape, own is not None),
            lambda: select_groups(self.resource.model, asked).select_extend(*_beside(own)),
        )
        text, truncated, zone, *version = self._read(
            key, views, request, statement, asked.slots, asked.scopes, prepare=False
        )
        self._check_own(key, own, version, views)
        if request.context.confined:
            check_confined(self.operation)
        success(response, text.encode(), encode({"truncated": truncated, "timezone": zone}))

    def _check_own(
        self, key: PresentedKey, own: Own | None, version: list[int], views: Views
    ) -> None:
        """Have it asked again if the tenant declares something else by now."""
        if own is not None and version != [own.declared.version]:
            self.runtime.forget_own(key)
            raise Outdated(self.runtime.looks(key))

    def _get(
        self,
        key: PresentedKey,
        views: Views,
        request: falcon.Request,
        response: falcon.Response,
        id: str,
    ) -> None:
        view = views.resource(self.resource.key)
        chosen = parse_chosen(request, self.resource, views, self.resource.unasked, detail=True)
        row_id = parse_uuid(id)
        if row_id is None:
            raise NotFound
        locales = len(chosen.locales)
        statement = self.runtime.statements.get(
            ("get", self.resource.key, views.modules, chosen.selection, locales),
            lambda: select_one(
                view, views, chosen.selection, locales, self.resource.visible
            ).select_extend(reader_column()),
        )
        slots = {"id": str(row_id), **locale_slots(chosen.locales)}
        scopes = chosen.selection.scopes(view, views)
        text, version = self._read(key, views, request, statement, slots, scopes)
        self._check_confined(request, chosen.selection, view, views)
        check_row(request, version)
        response.set_header("ETag", tag(version))
        success(response, text.encode())

    def _read(
        self,
        key: PresentedKey,
        views: Views,
        request: falcon.Request,
        statement: Statement,
        slots: dict[Hashable, Any],
        scopes: frozenset[str],
        *,
        prepare: bool = True,
    ) -> tuple[Any, ...]:
        """The row of the statement; ``NotFound`` if there is none for this key."""
        required = {str(self.operation.scope), *scopes}
        modules = {self.operation.module, *(one.partition(":")[2] for one in scopes)}
        for last in (False, True):
            found = self.runtime.read(
                key, sorted(modules), sorted(required), statement, slots, prepare=prepare
            )
            if found is not None:
                break
            self._check(key, request, scopes)
            if last:
                raise NotFound if self.operation.kind is Kind.GET else Unavailable
            # Again, because the key may have been admitted between the two.
        assert found is not None
        reader, row = found
        request.context.actor, request.context.tenant = reader.actor, reader.tenant
        if self.runtime.registry.views(reader.looks) is not views:
            raise Outdated(reader.looks)
        request.context.confined = reader.confined
        if views.hides:
            check_hiding(self.operation, views.hides, request.params)
        return row

    def _check_confined(
        self, request: falcon.Request, selection: Selection, view: View, views: Views
    ) -> None:
        """A key that does not see the records of everybody is not told of what has no owner."""
        if request.context.confined:
            related = (relation for relation, _, _ in selection.relations(view, views))
            check_confined(self.operation, related)

    def _check(
        self, key: PresentedKey, request: falcon.Request, scopes: Iterable[str] = ()
    ) -> frozenset[str]:
        """Raise what keeps the key from asking, if anything does; how resources look to it."""
        with self.runtime.as_key(key, read_only=True) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            context.require(self.operation.module, self.operation.scope)
            if context.sees is not None:
                check_confined(self.operation)
            if context.hides:
                check_hiding(self.operation, context.hides, request.params)
            for scope in sorted(scopes):
                context.require(scope.partition(":")[2], scope)
            return looks_of(context.modules, context.hides)

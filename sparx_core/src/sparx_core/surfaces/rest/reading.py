"""Lists and single resources over REST."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import falcon

from sparx_core.auth.keys import PresentedKey, bearer
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
from sparx_core.read.compiler import select_one
from sparx_core.read.ordering import Cursor
from sparx_core.read.page import locale_slots, select_page
from sparx_core.resources import Kind, Operation
from sparx_core.runtime import Runtime, reader_column
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.query import parse_chosen, parse_page


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
        self._answer = self._list if operation.kind is Kind.LIST else self._get

    def respond(self, request: falcon.Request, response: falcon.Response, **path: str) -> None:
        request.context.operation = self.operation.name
        key = bearer(request.get_header("Authorization"))
        if key is None:
            raise Unauthorized
        extending = self.runtime.extending(key)
        try:
            answered = self._answer(key, request, response, **path)
        except (BadRequest, NotFound, InsufficientScope, ModuleDisabled):
            # What is wrong with the question is told to those who may ask it.
            self._check(key, request)
            if self.runtime.extending(key) == extending:
                raise
            answered = False
        if not answered and not self._answer(key, request, response, **path):
            raise Unavailable  # the modules change faster than we can look

    def _list(self, key: PresentedKey, request: falcon.Request, response: falcon.Response) -> bool:
        views = self.runtime.views(key)
        page = parse_page(request, self.resource, views)
        view = views.resource(self.resource.key)
        statement = self.runtime.statements.get(
            ("list", self.resource.key, views.modules, page.shape),
            lambda: select_page(view, views, page).select_extend(reader_column()),
        )
        scopes = page.scopes(view, views)
        found = self._read(key, request, statement, page.slots, scopes, prepare=page.steady)
        if found is None:
            self._check(key, request, scopes)
            return False  # admitted just now, and not a moment before: ask again
        if self.runtime.views(key) is not views:
            return False
        text, mark, more, total = found
        meta = {"total": total, "per_page": page.take, "next_cursor": None}
        if more:
            meta["next_cursor"] = Cursor.of_mark(mark).encode(page.ordering)
        success(response, text.encode(), encode(meta))
        return True

    def _get(
        self, key: PresentedKey, request: falcon.Request, response: falcon.Response, id: str
    ) -> bool:
        views = self.runtime.views(key)
        view = views.resource(self.resource.key)
        chosen = parse_chosen(request, self.resource, views)
        row_id = parse_uuid(id)
        if row_id is None:
            raise NotFound
        locales = len(chosen.locales)
        statement = self.runtime.statements.get(
            ("get", self.resource.key, views.modules, chosen.selection, locales),
            lambda: select_one(view, views, chosen.selection, locales).select_extend(
                reader_column()
            ),
        )
        slots = {"id": str(row_id), **locale_slots(chosen.locales)}
        scopes = chosen.selection.scopes(view, views)
        found = self._read(key, request, statement, slots, scopes)
        if found is None:
            self._check(key, request, scopes)
            # Again, because the module may have been activated between the two.
            found = self._read(key, request, statement, slots, scopes)
        if found is None:
            raise NotFound
        if self.runtime.views(key) is not views:
            return False
        success(response, found[0].encode())
        return True

    def _read(
        self,
        key: PresentedKey,
        request: falcon.Request,
        statement: Statement,
        slots: dict[Hashable, Any],
        scopes: frozenset[str],
        *,
        prepare: bool = True,
    ) -> tuple[Any, ...] | None:
        required = {str(self.operation.scope), *scopes}
        found = self.runtime.read(
            key,
            sorted({self.operation.module, *(one.partition(":")[2] for one in scopes)}),
            sorted(required),
            statement,
            slots,
            prepare=prepare,
        )
        if found is None:
            return None
        reader, row = found
        request.context.actor, request.context.tenant = reader.actor, reader.tenant
        return row

    def _check(
        self, key: PresentedKey, request: falcon.Request, scopes: Iterable[str] = ()
    ) -> None:
        """Raise what keeps the key from asking, if anything does."""
        with self.runtime.as_key(key, read_only=True) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            context.require(self.operation.module, self.operation.scope)
            for scope in sorted(scopes):
                context.require(scope.partition(":")[2], scope)

"""Declarations: a resource is a noun (model and schema), an operation a verb on it.

Every surface is derived from these. ``list`` and ``get`` come with the resource; the writes
are declared with the decorators below or, where nothing but the write is to be done, with
:meth:`Resource.derive`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from sparx_core.context import Context
from sparx_core.db.models import TenantModel, table_of
from sparx_core.deprecation.declared import Deprecated
from sparx_core.errors import ApiError, InvalidTransition
from sparx_core.events.types import Event
from sparx_core.fields import Many
from sparx_core.machines import Machine
from sparx_core.operations import (
    CORE,
    AnswerSchema,
    Kind,
    Operation,
    Shown,
    Told,
    Values,
    operation,
    prefix_of,
    querying,
)
from sparx_core.read.listing import Listing
from sparx_core.read.wire import Scope
from sparx_core.schemas import ObjectSchema, ResourceSchema, camel

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class Resource:
    """A noun of the API.

    ``name`` is the plural in its path; the module is the model's PostgreSQL schema. Its lists
    can be narrowed by ``filters``, sorted by ``sorts`` and searched by ``search``, all of them
    fields as on the wire; ``search`` may also name a ``Related``, whose own search then finds the
    rows that refer to it. The core makes the indexes. A resource that is not ``exposed`` has no
    operations: it gives events their payload. One that is not ``bulk`` is written and read by few
    rows at a time; the others have batches, imports and exports as well, as far as they have the
    verbs.

    Changes of its rows are in the audit log, unless a class of its own says that it is not
    ``audited``, because the rows are themselves a record of what happens. Rows of one that is not
    ``counted`` are counted by whoever lists them, and not by triggers whenever one is written.
    """

    audited, counted = True, True
    lister: type[Listing] = Listing
    #: Which rows a reader is shown, as SQL, where its scope is not all that decides.
    visible: Callable[[Scope], Any] | None = None
    #: Where in its module it is, if not under its name: ``webhooks/attempts``.
    place: str | None = None
    #: The relations that a get shows unasked.
    unasked: Sequence[str] = ()

    def __init__(
        self,
        name: str,
        model: type[TenantModel],
        schema: type[ResourceSchema],
        *,
        search: Sequence[str] = (),
        filters: Sequence[str] = (),
        sorts: Sequence[str] = (),
        order: str | None = None,
        exposed: bool = True,
        bulk: bool = True,
        machine: Machine | None = None,
    ) -> None:
        self.name, self.model, self.schema = name, model, schema
        self.exposed, self.bulk, self.machine = exposed, bulk, machine
        self.module = table_of(model).partition(".")[0]
        self.key = f"{self.module}.{name}"
        self.listing = self.lister(
            self.key, model, schema, filters=filters, sorts=sorts, search=search, order=order
        )
        self.path = f"{prefix_of(self.module)}/{self.place or name}"
        noun = name.replace("_", " ")
        self.operations: dict[str, Operation] = {}
        self.deprecated_parameters: dict[str, Deprecated] = {}
        if exposed:
            self._add(Kind.LIST, None, f"List {noun}, newest first.")
            self._add(Kind.GET, None, f"Get one of the {noun}.")

    @property
    def read_scope(self) -> str:
        """What a key needs to read it."""
        return f"read:{self.module}"

    # -- verbs -----------------------------------------------------------------------------

    def create(
        self,
        *,
        body: type[ObjectSchema] | None = None,
        answer: AnswerSchema | None = None,
        emits: Sequence[type[Event]] = (),
        raises: Sequence[type[ApiError]] | None = None,
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, data) -> row``: POST on the collection, 201."""
        return self._declare(Kind.CREATE, emits, raises, body=body or self.schema, answer=answer)

    def update(
        self,
        *,
        body: type[ObjectSchema] | None = None,
        answer: AnswerSchema | None = None,
        emits: Sequence[type[Event]] = (),
        raises: Sequence[type[ApiError]] | None = None,
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, row, data) -> row``: PATCH; ``data`` holds only what was sent."""
        return self._declare(Kind.UPDATE, emits, raises, body=body or self.schema, answer=answer)

    def delete(
        self,
        *,
        query: type[ObjectSchema] | None = None,
        emits: Sequence[type[Event]] = (),
        raises: Sequence[type[ApiError]] | None = None,
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, row, [query])``: DELETE; the answer is ``{"id", "deleted": true}``.

        ``query`` are parameters of the request, such as where what hangs on the row goes. A batch
        has none, so that a resource with batches cannot ask for any.
        """
        if query is not None and self.bulk:
            raise ValueError(f"{self.key}: a delete with parameters is not for a bulk resource")
        return self._declare(Kind.DELETE, emits, raises, query=query)

    def action(
        self,
        name: str,
        *,
        body: type[ObjectSchema] | None = None,
        answer: AnswerSchema | None = None,
        emits: Sequence[type[Event]] = (),
        raises: Sequence[type[ApiError]] | None = None,
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, row, [data]) -> row``: POST on ``/{id}/<name>``."""
        return self._declare(Kind.ACTION, emits, raises, name, body=body, answer=answer)

    def transition(
        self,
        name: str,
        *,
        body: type[ObjectSchema] | None = None,
        answer: AnswerSchema | None = None,
        emits: Sequence[type[Event]] = (),
        raises: Sequence[type[ApiError]] = (),
    ) -> Callable[[FunctionT], FunctionT]:
        """An action that is a transition of the resource's machine: refused, before the function
        is called, where the state does not allow it. The row is locked.
        """
        machine = self.machine
        if machine is None or name not in machine.transitions:
            raise ValueError(f"{self.key} has no transition {name}")

        def declare(function: FunctionT) -> FunctionT:
            @wraps(function)
            def checked(ctx: Context, row: TenantModel, *values: Any) -> Any:
                machine.check(row, name)
                return function(ctx, row, *values)

            refusals = (InvalidTransition, *raises)
            self.action(name, body=body, answer=answer, emits=emits, raises=refusals)(checked)
            return function

        return declare

    def derive(
        self,
        *,
        created: type[Event] | None = None,
        updated: type[Event] | None = None,
        deleted: type[Event] | None = None,
    ) -> None:
        """Declare the plain writes: each that is given the event that states it.

        Rows of a ``Many`` are not written by these: ``ValueError`` if there is one.
        """
        declared = self.schema._declared_fields.items()
        children = [name for name, field in declared if isinstance(field, Many)]
        if children and (created or updated):
            raise ValueError(f"{self.key}: derive() does not write {', '.join(children)}")
        noun = self.name.replace("_", " ")
        if created is not None:
            self._add(Kind.CREATE, self._inserting(created), f"Create one of the {noun}.",
                      body=self.schema, emits=(created,), raises=())  # fmt: skip
        if updated is not None:
            self._add(Kind.UPDATE, self._updating(updated),
                      f"Change one of the {noun}; absent fields stay.",
                      body=self.schema, emits=(updated,), raises=())  # fmt: skip
        if deleted is not None:
            self._add(Kind.DELETE, self._deleting(deleted), f"Delete one of the {noun}.",
                      emits=(deleted,), raises=())  # fmt: skip

    def deprecate(self, verb: str, deprecated: Deprecated) -> None:
        """Say that an operation goes away: ``deprecate("rotate", ...)``, ``"list"`` and so on."""
        self.operations[verb] = self.operations[verb].deprecate(deprecated)

    def deprecate_parameter(self, name: str, deprecated: Deprecated) -> None:
        """Say that a filter of lists goes away: ``total``, ``total[gte]``; or the search, ``q``."""
        listing = self.listing
        known = {*listing.filters, *(("q",) if listing.search_function else ())}
        known |= {f"{one.name}[{op}]" for one in listing.filters.values() for op in one.operators}
        if name not in known:
            raise ValueError(f"{self.key} has no parameter {name}")
        self.deprecated_parameters[name] = deprecated

    # -- how -------------------------------------------------------------------------------

    def _inserting(self, event: type[Event]) -> Callable[[Context, Values], TenantModel]:
        def insert(ctx: Context, data: Values) -> TenantModel:
            row = ctx.insert(self.model(**data))
            ctx.emit(event(row))
            return row

        return insert

    def _updating(
        self, event: type[Event]
    ) -> Callable[[Context, TenantModel, Values], TenantModel]:
        def update(ctx: Context, row: TenantModel, data: Values) -> TenantModel:
            changes = any(getattr(row, name) != value for name, value in data.items())
            ctx.update(row, **data)
            if changes:  # an update that changes nothing is no fact
                ctx.emit(event(row))
            return row

        return update

    def _deleting(self, event: type[Event]) -> Callable[[Context, TenantModel], None]:
        def delete(ctx: Context, row: TenantModel) -> None:
            ctx.delete(row)
            ctx.emit(event(row))

        return delete

    def _declare(
        self,
        kind: Kind,
        emits: Sequence[type[Event]],
        raises: Sequence[type[ApiError]] | None,
        action: str | None = None,
        **declared: Any,
    ) -> Callable[[FunctionT], FunctionT]:
        declared["emits"] = tuple(emits)
        declared["raises"] = None if raises is None else tuple(raises)

        def declare(function: FunctionT) -> FunctionT:
            self._add(kind, function, inspect.getdoc(function) or "", action, **declared)
            return function

        return declare

    def _add(
        self,
        kind: Kind,
        function: Callable[..., Any] | None,
        documentation: str,
        action: str | None = None,
        **declared: Any,
    ) -> None:
        """``declared`` are further fields of the operation."""
        verb = action or kind.value
        if verb in self.operations:
            raise ValueError(f"{self.key} declares {verb} twice")
        reads = kind in (Kind.LIST, Kind.GET)
        path = {
            Kind.LIST: self.path,
            Kind.CREATE: self.path,
            Kind.ACTION: f"{self.path}/{{id}}/{action}",
        }.get(kind, f"{self.path}/{{id}}")
        self.operations[verb] = Operation(
            name=f"{self.key}.{verb}",
            kind=kind,
            module=self.module,
            method=_METHODS[kind],
            path=path,
            scope=self.read_scope if reads else f"write:{self.module}",
            function=function,
            resource=self,
            partial=kind is Kind.UPDATE,
            status=201 if kind is Kind.CREATE else 200,
            documentation=documentation,
            **declared,
        )


_METHODS = {
    Kind.LIST: "GET",
    Kind.GET: "GET",
    Kind.CREATE: "POST",
    Kind.UPDATE: "PATCH",
    Kind.DELETE: "DELETE",
    Kind.ACTION: "POST",
}

__all__ = [
    "CORE",
    "UUID",
    "AnswerSchema",
    "Kind",
    "Operation",
    "Resource",
    "Shown",
    "Told",
    "Values",
    "camel",
    "operation",
    "prefix_of",
    "querying",
]

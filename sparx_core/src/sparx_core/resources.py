"""Declarations: a resource is a noun (model and schema), an operation a verb on it.

Every surface is derived from these. ``list`` and ``get`` come with the resource; the writes
are declared with the decorators below or, where nothing but the write is to be done, with
:meth:`Resource.derive`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from sparx_core.context import Context
from sparx_core.db.models import TenantModel, TrashModel, table_of
from sparx_core.deprecation.declared import Deprecated
from sparx_core.errors import ApiError, InvalidTransition
from sparx_core.events.types import Event
from sparx_core.events.visibility import note_read_scope
from sparx_core.fields import Many
from sparx_core.machines import Machine
from sparx_core.operations import (
    CORE,
    METHODS,
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
from sparx_core.read.kinds import Kinds
from sparx_core.read.listing import Listing
from sparx_core.read.through import Through
from sparx_core.read.view import Body
from sparx_core.read.wire import Scope
from sparx_core.schemas import ObjectSchema, ResourceSchema, camel

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class Resource:
    """A noun of the API.

    ``name`` is the plural in its path; the module is the model's PostgreSQL schema. Its lists
    can be narrowed by ``filters``, sorted by ``sorts`` and searched by ``search``, all of them
    fields as on the wire; ``search`` may also name a ``Related``, whose own search then finds the
    rows that refer to it. Its lists are in the order of ``order``, as a query has it, or else
    newest first. The core makes the indexes, but none for filters that are ``scanned``: those that
    are asked together with others, or that a relation to this resource has an index for.

    A resource that is not ``exposed`` has no operations: it gives events their payload. One that is
    not ``bulk`` is written and read by few rows at a time; the others have batches, imports and
    exports as well, as far as they have the verbs.

    With ``custom_fields`` tenants define further fields of its rows: the model has a ``JsonField``
    ``custom``, the schema a ``CustomFields`` of this name.

    Changes of its rows are in the audit log, unless a class of its own says that it is not
    ``audited``, because the rows are themselves a record of what happens. Rows of one that is not
    ``counted`` are counted by whoever lists them, unless its kinds say that the columns which they
    are ``counted_by`` tell the total: triggers count no others whenever one is written.
    """

    audited, counted, counted_by = True, True, tuple[str, ...]()
    lister: type[Listing] = Listing
    #: Which rows a reader is shown, as SQL, where its scope is not all that decides.
    visible: Callable[[Scope], Any] | None = None
    #: The version of a row that a reader is shown, as SQL, where what he sees has one of its own.
    version: Callable[[Scope], Any] | None = None
    #: Whether keys may read it that are confined to the records of certain members: what is the
    #: same for all of them, and nobody's record.
    shared: bool = False
    #: Where in its module it is, if not under its name: ``webhooks/attempts``.
    place: str | None = None
    #: What tenants declare of its rows themselves, if they are of kinds that each tenant makes.
    kinds: Kinds | None = None
    #: The JSON of a row, as SQL, where a function of the database shows it: the fields of the
    #: schema are ``Made`` then, and tell how that looks.
    body: Body | None = None
    #: The relations that a get shows unasked.
    unasked: Sequence[str] = ()

    def __init__(
        self,
        name: str,
        model: type[TenantModel],
        schema: type[ResourceSchema],
        *,
        search: Sequence[str] = (),
        filters: Sequence[str | Through] = (),
        sorts: Sequence[str] = (),
        order: str | None = None,
        scanned: Sequence[str] = (),
        exposed: bool = True,
        bulk: bool = True,
        machine: Machine | None = None,
        custom_fields: bool = False,
    ) -> None:
        self.name, self.model, self.schema = name, model, schema
        self.exposed, self.bulk, self.machine = exposed, bulk, machine
        #: Whether tenants may give its rows fields of their own.
        self.custom_fields = custom_fields
        if custom_fields and "custom" not in schema._declared_fields:
            raise ValueError(f"{table_of(model)} has custom fields, and no field custom for them")
        #: Whether rows that are deleted can be restored.
        self.trash = issubclass(model, TrashModel)
        self.module = table_of(model).partition(".")[0]
        self.key = f"{self.module}.{name}"
        self.listing = self.lister(
            *(self.key, model, schema),
            filters=filters,
            sorts=sorts,
            search=search,
            order=order,
            scanned=scanned,
        )
        self.path = f"{prefix_of(self.module)}/{self.place or name}"
        noun = name.replace("_", " ")
        note_read_scope(self.key, self.module, self.read_scope)
        self.operations: dict[str, Operation] = {}
        self.deprecated_parameters: dict[str, Deprecated] = {}
        if exposed:
            self._add(Kind.LIST, None, f"List {noun}, newest first.")
            self._add(Kind.GET, None, f"Get one of the {noun}.")

    @property
    def read_scope(self) -> str:
        """What a key needs to read it."""
        return f"read:{self.module}"

    @property
    def export_scope(self) -> str:
        """What a key needs to have a file of it made. A worker makes it, who sees all rows: where
        keys see some of them by a scope that not all have, it takes that one.
        """
        return self.read_scope

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

    def restore(
        self,
        *,
        emits: Sequence[type[Event]] = (),
        raises: Sequence[type[ApiError]] | None = None,
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, row) -> row``: POST on ``/{id}/restore``, of any row."""
        if not self.trash:
            raise ValueError(f"{self.key} has no trash to restore from")
        return self._declare(Kind.ACTION, emits, raises, "restore", reaches_trash=True)

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

    def file(
        self, name: str, *, media_type: str, raises: Sequence[type[ApiError]] = ()
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, row) -> FileAnswer``: GET on ``/{id}/<name>``, a file made of a row. The
        transaction is read only.
        """
        return self._declare(Kind.FILE, (), raises, name, file=media_type)

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

            refusals: tuple[type[ApiError], ...] = (InvalidTransition, *raises)
            self.action(name, body=body, answer=answer, emits=emits, raises=refusals)(checked)
            return function

        return declare

    def derive(
        self,
        *,
        created: type[Event] | None = None,
        updated: type[Event] | None = None,
        deleted: type[Event] | None = None,
        restored: type[Event] | None = None,
    ) -> None:
        """Declare the plain writes: each that is given the event that states it.

        Rows of a ``Many`` are not written by create and update: ``ValueError`` if there is one.
        ``restored``, of a ``TrashModel``, is POST ``/{id}/restore``.
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
        if restored is not None:
            restore = self._restoring(restored)
            restore.__doc__ = _RESTORE.format(noun)
            self.restore(emits=[restored], raises=[])(restore)

    def deprecate(self, verb: str, deprecated: Deprecated) -> None:
        """Say that an operation goes away: ``deprecate("rotate", ...)``, ``"list"`` and so on."""
        self.operations[verb] = self.operations[verb].deprecate(deprecated)

    def demand(self, verb: str, *, scope: str | None = None, version: bool = False) -> None:
        """Ask more of those who call an operation: another scope than that of all writes of the
        module, or the ``version`` of the row that they have seen (``version_required`` without it).
        """
        declared = self.operations[verb]
        if version and declared.kind not in (Kind.UPDATE, Kind.ACTION, Kind.DELETE):
            raise ValueError(f"{declared.name} changes no row that somebody has seen")
        self.operations[verb] = replace(
            declared, scope=scope or declared.scope, demands_version=version
        )

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

    def _restoring(self, event: type[Event]) -> Callable[[Context, TenantModel], TenantModel]:
        def restore(ctx: Context, row: TenantModel) -> TenantModel:
            assert isinstance(row, TrashModel)
            if row.trashed:
                ctx.restore(row)
                ctx.emit(event(row))
            return row

        return restore

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
        reads = kind in (Kind.LIST, Kind.GET, Kind.FILE)
        path = {
            Kind.LIST: self.path,
            Kind.CREATE: self.path,
            Kind.ACTION: f"{self.path}/{{id}}/{action}",
            Kind.FILE: f"{self.path}/{{id}}/{action}",
        }.get(kind, f"{self.path}/{{id}}")
        self.operations[verb] = Operation(
            name=f"{self.key}.{verb}",
            kind=kind,
            module=self.module,
            method=METHODS[kind],
            path=path,
            scope=self.read_scope if reads else f"write:{self.module}",
            function=function,
            resource=self,
            partial=kind is Kind.UPDATE,
            status=201 if kind is Kind.CREATE else 200,
            documentation=documentation,
            **declared,
        )


_RESTORE = """Take one of the {} out of the trash, as it was when it was deleted.

``conflict`` if a value that must be unique was given to another one since. One that was not
deleted stays as it is."""

__all__ = [
    "CORE", "UUID", "AnswerSchema", "Kind", "Operation", "Resource", "Shown", "Told", "Values",
    "camel", "operation", "prefix_of", "querying",
]  # fmt: skip

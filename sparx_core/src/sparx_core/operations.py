"""Operations: the verbs that every surface is derived from, of resources and without one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sparx_core.db.models import TenantModel
from sparx_core.deprecation.declared import Deprecated
from sparx_core.errors import ApiError
from sparx_core.events.types import Event
from sparx_core.schemas import ObjectSchema

if TYPE_CHECKING:
    from sparx_core.resources import Resource
    from sparx_core.storage.files import StoredFile

Values = dict[str, Any]
AnswerSchema = type[ObjectSchema] | ObjectSchema
CORE = "core"


class Kind(StrEnum):
    """What an operation does to its resource, which decides its method, path and status."""

    LIST = "list"
    GET = "get"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ACTION = "action"
    CALL = "call"
    BATCH = "batch"
    IMPORT = "import"
    EXPORT = "export"
    AGGREGATE = "aggregate"
    FILE = "file"


#: Of the kinds that resources have.
METHODS = {
    Kind.LIST: "GET",
    Kind.GET: "GET",
    Kind.CREATE: "POST",
    Kind.UPDATE: "PATCH",
    Kind.DELETE: "DELETE",
    Kind.ACTION: "POST",
    Kind.FILE: "GET",
}


@dataclass(frozen=True)
class Shown:
    """The answer of a write with something beside the resource, such as a secret shown once."""

    row: TenantModel
    extra: Values


@dataclass(frozen=True)
class FileAnswer:
    """The answer of an operation that makes a file; ``name`` is what it is saved under.

    ``content`` may be a function, which is called when the transaction is over: for what takes
    time, and no rows.
    """

    content: bytes | StoredFile | Callable[[], bytes | StoredFile]
    media_type: str
    name: str
    #: Whether a browser saves it rather than shows it.
    attached: bool = False
    #: Whether the address of the request will have these bytes for ever, for everybody.
    lasting: bool = False


@dataclass(frozen=True)
class Told:
    """The answer of a call with something beside it, as lists have: ``meta``."""

    data: Any
    meta: Values


@dataclass(frozen=True)
class Operation:
    """A verb: what REST, and every other surface, can be asked to do.

    ``scope`` is what the key needs, None for any valid key. ``function`` receives the context,
    then the row it acts on (update, delete, action) and the values of the body, if it has one.
    ``answer`` are the fields of the answer beside those of the resource, an instance with
    ``many=True`` if it is a list. ``raises`` are the errors that the function raises itself; None
    says nothing about them, and the documentation then counts on every one of its module.
    ``query`` are the parameters of a call, which the function receives as ``query``; ``meta`` is
    what such a one answers beside its data, in a :class:`Told`.
    """

    name: str
    kind: Kind
    module: str
    method: str
    path: str
    scope: str | None
    function: Callable[..., Any] | None = None
    resource: Resource | None = None
    body: type[ObjectSchema] | None = None
    answer: AnswerSchema | None = None
    partial: bool = False
    emits: tuple[type[Event], ...] = ()
    raises: tuple[type[ApiError], ...] | None = None
    status: int = 200
    documentation: str = ""
    deprecated: Deprecated | None = None
    query: type[ObjectSchema] | None = None
    meta: type[ObjectSchema] | None = None
    #: Whether keys may ask for it that are confined to the records of certain members.
    shared: bool = False
    #: Whether it is for those who have a link, and no key: its path has the link's ``token``.
    public: bool = False
    #: The media type of the file that it answers with, a :class:`FileAnswer`.
    file: str | None = None
    #: Whether it is for rows that are in the trash, too.
    reaches_trash: bool = False
    #: Whether it is refused to who does not say which version of the row he has seen.
    demands_version: bool = False

    def deprecate(self, deprecated: Deprecated) -> Operation:
        """The same operation, which goes away."""
        return replace(self, deprecated=deprecated)

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @cached_property
    def answers_secret(self) -> bool:
        """Whether it answers with something that is shown this once, and kept nowhere in clear."""
        answer = self.answer() if isinstance(self.answer, type) else self.answer
        fields = {} if answer is None else answer.fields
        return any(field.metadata.get("sensitive") for field in fields.values())


def prefix_of(module: str) -> str:
    return "/v1" if module == CORE else f"/v1/{module}"


def operation(
    method: str,
    path: str,
    *,
    name: str,
    module: str = CORE,
    scope: str | None = None,
    body: type[ObjectSchema] | None = None,
    answer: AnswerSchema | None = None,
    emits: Sequence[type[Event]] = (),
    raises: Sequence[type[ApiError]] | None = None,
    shared: bool = False,
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare a verb without a resource: ``function(ctx, **path parameters, [data])`` answers
    with anything that is JSON; ``answer`` says with what, for the documentation. One that tells of
    no row without an owner is ``shared`` with keys that are confined to those of certain members.
    """

    def declare(function: Callable[..., Any]) -> Operation:
        return Operation(
            name=f"{module}.{name}",
            kind=Kind.CALL,
            module=module,
            method=method,
            path=prefix_of(module) + path,
            scope=scope,
            function=function,
            body=body,
            answer=answer,
            emits=tuple(emits),
            raises=None if raises is None else tuple(raises),
            shared=shared,
            documentation=inspect.getdoc(function) or "",
        )

    return declare


def querying(
    query: type[ObjectSchema], *, meta: type[ObjectSchema] | None = None
) -> Callable[[Operation], Operation]:
    """Above ``@operation``: the parameters that a call takes, and what is beside its answer."""
    return lambda declared: replace(declared, query=query, meta=meta)

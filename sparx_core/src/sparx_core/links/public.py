"""Declaring what may be done with a link: a resource as those see it who have no key."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sparx_core.errors import ApiError
from sparx_core.events.types import Event
from sparx_core.operations import Kind, Operation, prefix_of
from sparx_core.resources import Resource
from sparx_core.schemas import ObjectSchema, ResourceSchema

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class Public(Resource):
    """The public form of a resource: ``schema`` has what strangers may see, and nothing else.

    Its operations are under ``/v1/<module>/public/<name>/{token}``, where the token of a link
    (:func:`sparx_core.links.issuing.issue_link`) stands for one row of one tenant. They need no
    key, and take none: the tenant, the row and what may be done with it are the link's. To a token
    that is unknown, expired or revoked, or a link without the ability, the answer is ``not_found``,
    always the same; to one of a tenant whose module is not active, ``module_disabled``. Requests
    count for the address that they come from, as those of strangers do. The actor in events and in
    the audit log is ``link:`` and the link's id; ``ctx.address`` is where the request came from.
    """

    audited = False

    def __init__(self, name: str, of: Resource, schema: type[ResourceSchema]) -> None:
        super().__init__(f"public_{name}", of.model, schema, exposed=False, bulk=False)
        self.of = of
        self.path = f"{prefix_of(self.module)}/public/{name}"

    def show(
        self, *, emits: Sequence[type[Event]] = (), raises: Sequence[type[ApiError]] = ()
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, row) -> row``: GET on ``/{token}``. The row is locked: that somebody
        looked may be noted.
        """
        return self._opened(Kind.GET, "", emits=tuple(emits), raises=tuple(raises))

    def by_link(
        self,
        name: str,
        *,
        body: type[ObjectSchema] | None = None,
        emits: Sequence[type[Event]] = (),
        raises: Sequence[type[ApiError]] = (),
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, row, [data]) -> row``: POST on ``/{token}/<name>``. The row is locked."""
        return self._opened(Kind.ACTION, name, body=body, emits=tuple(emits), raises=tuple(raises))

    def file_by_link(
        self,
        name: str,
        *,
        media_type: str,
        query: type[ObjectSchema] | None = None,
        raises: Sequence[type[ApiError]] = (),
    ) -> Callable[[FunctionT], FunctionT]:
        """``function(ctx, row, [query]) -> FileAnswer``: GET on ``/{token}/<name>``. The row is not
        locked; ``query`` are the parameters of the request.
        """
        return self._opened(Kind.FILE, name, file=media_type, query=query, raises=tuple(raises))

    def _opened(self, kind: Kind, name: str, **declared: Any) -> Callable[[FunctionT], FunctionT]:
        verb = name or kind.value

        def declare(function: FunctionT) -> FunctionT:
            if verb in self.operations:
                raise ValueError(f"{self.key} declares {verb} twice")
            self.operations[verb] = Operation(
                name=f"{self.key}.{verb}",
                kind=kind,
                module=self.module,
                method="POST" if kind is Kind.ACTION else "GET",
                path=f"{self.path}/{{token}}" + (f"/{name}" if name else ""),
                scope=None,
                function=function,
                resource=self,
                public=True,
                documentation=inspect.getdoc(function) or "",
                **declared,
            )
            return function

        return declare

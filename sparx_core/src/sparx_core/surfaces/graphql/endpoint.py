"""``/graphql``: requests by the draft of GraphQL over HTTP, answered through the read compiler.

Nobody is answered without a key, so that no page can make a browser ask: a key is a header, which
browsers add to nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import falcon
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
)

from sparx_core.actors import looks_of
from sparx_core.auth.keys import PresentedKey, bearer
from sparx_core.errors import (
    ApiError,
    MethodNotAllowed,
    ModuleDisabled,
    PersistedQueryNotFound,
    QueryTooExpensive,
    Unauthorized,
    Unavailable,
)
from sparx_core.json import Limits, encode
from sparx_core.resources import CORE
from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.answers import answer, negotiate
from sparx_core.surfaces.graphql.cost import cost_of
from sparx_core.surfaces.graphql.documents import Documents, InvalidDocument, Prepared
from sparx_core.surfaces.graphql.errors import told
from sparx_core.surfaces.graphql.execute import Asked, Executed, Outdated, execute
from sparx_core.surfaces.graphql.introspection import is_introspective
from sparx_core.surfaces.graphql.limits import root_fields
from sparx_core.surfaces.graphql.media import LEGACY, wants_page
from sparx_core.surfaces.graphql.page import Page
from sparx_core.surfaces.graphql.parameters import Parameters, of_body, of_query
from sparx_core.surfaces.graphql.persisted import Persisted
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.surfaces.rest.body import Body
from sparx_core.surfaces.shapes import known_own

#: How often a document is held against a schema while the tenant's modules change.
ATTEMPTS = 10


@dataclass(frozen=True)
class Visit:
    """One request: who asks, and what it is known by in the log."""

    request: falcon.Request
    key: PresentedKey

    @property
    def id(self) -> str:
        return str(self.request.context.id)

    def note(self, tenant: str, actor: str) -> None:
        self.request.context.tenant, self.request.context.actor = tenant, actor


class GraphQL:
    """The endpoint, the same under all its paths."""

    def __init__(self, runtime: Runtime, schemas: Schemas) -> None:
        self.runtime, self.schemas = runtime, schemas
        self.documents, self.persisted, self.page = Documents(), Persisted(), Page()

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """A query; or, for a browser that asks none, the page on which queries are written."""
        if not request.query_string and wants_page(request.get_header("Accept")):
            self.page.send(request, response)
            return
        self._answer(request, response, lambda: of_query(request))

    on_head = on_get

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """A query or a mutation."""
        settings = self.runtime.settings
        body = Body(request, settings.max_body_bytes, Limits(values=settings.max_body_values))
        self._answer(request, response, lambda: of_body(body.json()))

    def _answer(
        self,
        request: falcon.Request,
        response: falcon.Response,
        parameters: Callable[[], Parameters],
    ) -> None:
        request.context.operation = f"{CORE}.graphql"
        media_type = negotiate(request, response)
        key = bearer(request.get_header("Authorization"))
        if key is None:
            raise Unauthorized
        visit = Visit(request, key)
        looks = self._known_looks(visit)
        asked = parameters()
        try:
            self._answer_as(visit, response, media_type, asked, looks)
        except InvalidDocument as invalid:
            answer(response, media_type, None, [told(one, visit.id) for one in invalid.errors])
        except GraphQLError as error:
            answer(response, media_type, None, [told(error, visit.id)])
        except PersistedQueryNotFound as error:
            if media_type != LEGACY:
                raise
            answer(response, media_type, None, [told(error, visit.id)])

    def _answer_as(
        self,
        visit: Visit,
        response: falcon.Response,
        media_type: str,
        asked: Parameters,
        looks: frozenset[str],
    ) -> None:
        caller = self.runtime.callers.find(visit.key)
        tenant = caller.tenant if caller else ""
        text = self.persisted.text_of(tenant, asked)
        self.documents.parse(text)
        for _ in range(ATTEMPTS):
            schema = self._schema(visit, looks)
            try:
                prepared = self.documents.prepare(text, schema)
                executed, cost = self._carry_out(visit, asked, prepared, schema, looks)
            except Outdated as outdated:
                looks = outdated.looks
                continue
            except InvalidDocument as invalid:
                # What is wrong with the question is told to those who may ask it.
                now = self._looks(visit)
                if now == looks and self._schema(visit, looks) is schema:
                    raise InvalidDocument(self._explained(invalid, text, schema, looks)) from None
                looks = now
                continue
            self.persisted.learn(tenant, asked)
            maximum = self.runtime.settings.graphql_max_cost
            extensions = {"cost": {"requested": cost, "maximum": maximum}}
            answer(response, media_type, executed.data, executed.errors, extensions)
            return
        raise Unavailable  # the modules change faster than we can look

    def _carry_out(
        self,
        visit: Visit,
        asked: Parameters,
        prepared: Prepared,
        schema: GraphQLSchema,
        looks: frozenset[str],
    ) -> tuple[Executed, int]:
        operation = prepared.operation(asked.operation)
        if visit.request.method != "POST" and operation.operation is not OperationType.QUERY:
            raise MethodNotAllowed("Send mutations by POST.", headers={"Allow": "POST"})
        cost = cost_of(schema, operation, prepared.fragments, asked.variables)
        if cost > self.runtime.settings.graphql_max_cost:
            raise QueryTooExpensive(cost, self.runtime.settings.graphql_max_cost)
        if is_introspective(operation, prepared.fragments):
            return self._introspect(visit, asked, prepared, schema, looks), cost
        executed = execute(
            Asked(
                runtime=self.runtime,
                key=visit.key,
                looks=looks,
                schema=schema,
                document=prepared.document,
                operation=operation,
                variables=asked.variables,
                request_id=visit.id,
                kept=prepared.kept,
                is_outdated=lambda: self._schema(visit, looks) is not schema,
            )
        )
        if executed.data is None:  # told to those who may ask, and to nobody else
            self._looks(visit)
        else:
            visit.note(executed.tenant, executed.actor)
        return executed, cost

    def _introspect(
        self,
        visit: Visit,
        asked: Parameters,
        prepared: Prepared,
        schema: GraphQLSchema,
        looks: frozenset[str],
    ) -> Executed:
        """What a schema says of itself is the same each time; whether the key holds is not."""
        now = self._looks(visit)
        if now != looks or self._schema(visit, looks) is not schema:
            raise Outdated(now)
        kept = ("introspection", asked.operation)
        data: bytes | None = None if asked.variables else prepared.kept.get(kept)
        errors: Sequence[GraphQLError] = ()
        if data is None:
            result = execute_sync(
                schema,
                prepared.document,
                variable_values=dict(asked.variables),
                operation_name=asked.operation,
            )
            assert isinstance(result, ExecutionResult)
            errors = result.errors or ()
            if not (errors and result.data is None):
                data = encode(result.data)
            if not errors and not asked.variables:
                prepared.kept[kept] = data
        context = visit.request.context
        return Executed(
            data, [told(one, visit.id) for one in errors], context.actor, context.tenant
        )

    def _schema(self, visit: Visit, looks: frozenset[str]) -> GraphQLSchema:
        """The schema of who asks, as far as is known."""
        return self.schemas.of(looks, known_own(self.runtime, visit.key, looks))

    def _known_looks(self, visit: Visit) -> frozenset[str]:
        """How resources looked to the key the last time; a key that is not known yet is entered,
        and a stranger gets no further.
        """
        looks = self.runtime.known_looks(visit.key)
        if looks is None or self.runtime.callers.find(visit.key) is None:
            return self._looks(visit)
        return looks

    def _looks(self, visit: Visit) -> frozenset[str]:
        with self.runtime.as_key(visit.key, read_only=True) as context:
            visit.note(context.tenant.slug, str(context.actor))
            return looks_of(context.modules, context.hides)

    def _explained(
        self, invalid: InvalidDocument, text: str, schema: GraphQLSchema, looks: frozenset[str]
    ) -> list[GraphQLError]:
        """The errors, those about fields of modules that are not active with the code for that."""
        document = self.documents.parse(text)
        known = {
            name for one in (schema.query_type, schema.mutation_type) if one for name in one.fields
        }
        missing: dict[str, ApiError] = {}
        for one in document.definitions:
            if not isinstance(one, OperationDefinitionNode):
                continue
            for field in root_fields(one, Prepared(document).fragments):
                module = self.schemas.module_of(field.name.value)
                if field.name.value not in known and module is not None and module not in looks:
                    missing[f"'{field.name.value}'"] = ModuleDisabled(module)
        return [_with_cause(error, missing) for error in invalid.errors]


def _with_cause(error: GraphQLError, missing: dict[str, Any]) -> GraphQLError:
    for name, cause in missing.items():
        if error.message.startswith(f"Cannot query field {name}"):
            return GraphQLError(cause.text, error.nodes, original_error=cause)
    return error

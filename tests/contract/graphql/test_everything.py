"""Every query of every installed module with every field, and every relation of its rows: nothing
of the schema is there that the database does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_required_argument

from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.testing import Api

ID = "01890000-0000-7000-8000-000000000000"


def selected(type_: Any, depth: int) -> str:
    """All fields of a type, and those of what it refers to, so many steps away."""
    if not isinstance(type_, GraphQLObjectType):
        return ""
    parts = ["__typename"]
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLObjectType):
            parts.append(name)
        elif depth:
            take = "(take: 1)" if "take" in field.args else ""
            parts.append(f"{name}{take} {selected(inner, depth - 1)}")
    return f"{{ {' '.join(parts)} }}"


def documents(schemas: Schemas) -> Iterator[tuple[str, str]]:
    query = schemas.whole.query_type
    assert query is not None
    for name, field in query.fields.items():
        given = {"take": "1"} if "take" in field.args else {}
        given |= {key: f'"{ID}"' for key, one in field.args.items() if is_required_argument(one)}
        told = ", ".join(f"{key}: {value}" for key, value in given.items())
        arguments = f"({told})" if told else ""
        yield name, f"{{ {name}{arguments} {selected(get_named_type(field.type), 1)} }}"


def test_every_query_is_answered(api: Api, installation: Runtime) -> None:
    refused = {}
    for name, document in documents(Schemas(installation.registry)):
        answer = api.post("/graphql", {"query": document}).json
        for one in answer.get("errors", []):
            # Of calls that are given an id of nothing, and of what there is none of yet.
            code = one["extensions"]["code"]
            if code != "not_found" and (ID not in document or code not in OF_IDS):
                refused[name] = one
    assert refused == {}


OF_IDS = ("bad_request", "validation_error")


@pytest.mark.parametrize("module", ["core", "crm"])
def test_a_module_has_queries_and_mutations(installation: Runtime, module: str) -> None:
    whole = Schemas(installation.registry).whole
    for root in (whole.query_type, whole.mutation_type):
        assert root is not None
        assert any(name.startswith(module) for name in root.fields)

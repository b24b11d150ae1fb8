"""Kinds that tenants declare are tested with a module of their own, ``zoo.py``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sparx_core import uuid7
from sparx_core.discovery import load_modules
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DatabaseServer, Owner, open_installation

from .zoo import INSTALLED

PATH = "/v1/zoo/animals"
Declare = Callable[..., None]
Animal = Callable[..., str]
Ask = Callable[..., Any]


@pytest.fixture(scope="package")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    # Agents are a surface as well, where their module is installed.
    known, _ = load_modules()
    installed = [one for one in known if one.module.key in ("core", "ai")]
    with open_installation(database_server, Registry([*installed, *INSTALLED])) as runtime:
        yield runtime


@pytest.fixture
def declare(owner: Owner, tenant: NewTenant) -> Callable[..., None]:
    """Has a tenant declare a species as somebody else would, past this process: ``declare("cat",
    lives="number")``. One that is there already is changed.
    """

    def declare(key: str, of: NewTenant | None = None, **facts: Any) -> None:
        told = [
            {"key": name, **({"type": one} if isinstance(one, str) else one)}
            for name, one in facts.items()
        ]
        owner.execute(
            "INSERT INTO zoo.species (id, tenant_id, key, name, facts)"
            " VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (tenant_id, key) DO UPDATE SET facts = excluded.facts",
            *(uuid7(), (of or tenant).tenant_id, key, f"A {key}", json.dumps(told)),
        )

    return declare


@pytest.fixture
def animal(api: Api) -> Callable[..., str]:
    """Creates an animal and returns its id: ``animal("cat", "Tom", lives=9)``."""

    def create(species: str, name: str, client: Api | None = None, **facts: Any) -> str:
        body = {"species": species, "name": name, "facts": facts}
        answer = (client or api).post(PATH, body)
        assert answer.status == 201, answer.text
        made: str = answer.data["id"]
        return made

    return create


@pytest.fixture
def ask(api: Api) -> Callable[..., Any]:
    """What GraphQL answers: ``ask("{ zooCats { total } }")``."""

    def asked(query: str, client: Api | None = None, **variables: Any) -> Any:
        answer = (client or api).post("/graphql", {"query": query, "variables": variables}).json
        assert "errors" not in answer, answer
        return answer["data"]

    return asked


def refusal(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    """The first error of a document, its code and details beside its message."""
    found = api.post("/graphql", {"query": query, "variables": variables}).json["errors"][0]
    return {"message": found["message"], **found["extensions"]}

"""A tenant that guesses the ids of another is told what it is told of ids that are nobody's."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from sparx_core.app import create_app
from sparx_core.db.models import table_of
from sparx_core.registry import Registry
from sparx_core.resources import Operation
from sparx_core.testing import Answer, Api

from .world import World

GUESSED = sorted(
    one.name
    for one in Registry.discover().operations.values()
    if "{id}" in one.path and one.resource is not None and not one.public
)


@pytest.fixture(scope="module")
def attacker(world: World) -> Api:
    return Api(create_app(world.runtime), world.mine.api_key)


def ask(attacker: Api, operation: Operation, id: str) -> tuple[int, str]:
    """What an operation answers for an id, without what is of this request alone."""
    path = operation.path.replace("{id}", id)
    headers = {"If-Match": '"1"'} if operation.demands_version else {}
    body = {} if operation.body is not None else None
    answer: Answer = attacker.request(operation.method, path, json=body, headers=headers)
    told = answer.text.replace(id, "ID")
    return answer.status, told.replace(answer.headers["x-request-id"], "REQUEST")


@pytest.mark.parametrize("name", GUESSED)
def test_an_id_of_others_is_nobodys(world: World, attacker: Api, name: str) -> None:
    operation = world.runtime.registry.operations[name]
    assert operation.resource is not None
    table = table_of(operation.resource.model)
    theirs = str(UUID(world.row(table, world.theirs)["id"]))
    with world.owner.nothing_written(*world.tenants):
        found, unknown = (ask(attacker, operation, one) for one in (theirs, str(uuid4())))
    assert found == unknown
    assert found[0] == 404, found

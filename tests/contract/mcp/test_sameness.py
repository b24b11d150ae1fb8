"""Tools show what REST shows, with the same key, for whatever is asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.live.chance import Chance

from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.testing import Api, DeliveryRun

from ..graphql.selections import Selections
from ..graphql.test_sameness import QUESTIONS, RESOURCES, fill


@pytest.fixture
def selections(installation: Runtime) -> Selections:
    """Random selections, as GraphQL is compared with."""
    registry = installation.registry
    modules = frozenset(registry.modules)
    return Selections(Schemas(registry).of(modules), registry.views(modules), Chance().random)


@pytest.fixture
def filled(api: Api, other_api: Api, run_events: DeliveryRun) -> Api:
    fill(api, "ours")
    fill(other_api, "theirs")
    run_events()
    return api


def test_random_questions_have_the_same_answers(
    filled: Api, selections: Selections, call: Callable[..., Any]
) -> None:
    chance, seen = selections.chance, Counter[str]()
    for _ in range(QUESTIONS):
        key = chance.choice(list(RESOURCES))
        module, _, name = key.partition(".")
        resource = selections.views._resources[key]
        wanted = selections.of(selections.views.resource(key), RESOURCES[key][1])
        fields = [path for one in wanted for path in one.path()]
        asked: dict[str, Any] = {"take": chance.randint(1, 5)}
        sort = chance.choice([None, *resource.listing.sorts])
        if sort is not None:
            asked["sort"] = chance.choice(["", "-"]) + sort
        rest = filled.get(resource.path, params={**asked, "fields": ",".join(fields)})
        assert rest.status == 200, rest.text
        page = call(filled, f"{module}_list", resource=name, fields=fields, **asked)
        assert not page["truncated"]
        assert page["items"] == rest.data, (key, fields, asked)
        assert page["total"] == rest.meta["total"]
        assert "theirs" not in str(page)
        seen[key] += len(page["items"])
    assert all(seen[key] for key in RESOURCES), seen


def test_one_row_is_the_same_and_that_of_another_tenant_is_none(
    filled: Api, other_api: Api, call: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    for order in filled.get("/v1/crm/orders").data:
        rest = filled.get(f"/v1/crm/orders/{order['id']}").data
        assert call(filled, "crm_get", resource="orders", id=order["id"])["data"] == rest
    theirs = other_api.get("/v1/crm/orders").data[0]["id"]
    told = set()
    for nobodys in (theirs, "01a216c9-07a1-7cb5-b699-3c0101e419fb"):
        arguments = {"resource": "orders", "id": nobodys}
        answer = ask(filled, "tools/call", name="crm_get", arguments=arguments)
        assert '"isError":true' in answer.text
        # The mark around what is told is another each time.
        told.add(re.sub("[0-9a-f]{16,}", "", answer.text.replace(nobodys, "")))
    assert len(told) == 1

"""GraphQL shows what REST shows, with the same key, for whatever is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from tests.live.chance import Chance

from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.testing import Api, DeliveryRun

from .selections import Selections, Wanted, as_rest, rest_row

QUESTIONS = 200
#: Resources that hold something here: the root field of their list, and their type.
RESOURCES = {
    "crm.customers": ("crmCustomers", "CrmCustomer"),
    "crm.accounts": ("crmAccounts", "CrmAccount"),
    "crm.orders": ("crmOrders", "CrmOrder"),
    "crm.payments": ("crmPayments", "CrmPayment"),
    "crm.quotes": ("crmQuotes", "CrmQuote"),
    "crm.deals": ("crmDeals", "CrmDeal"),
    "crm.activities": ("crmActivities", "CrmActivity"),
    "core.events": ("coreEvents", "CoreEvent"),
}


def made(api: Api, path: str, body: dict[str, Any]) -> Any:
    answer = api.post(path, body)
    assert answer.status == 201, answer.text
    return answer.data


def fill(api: Api, name: str) -> None:
    """Rows that refer to one another; ``name`` is in all of them that have one."""
    account = made(api, "/v1/crm/accounts", {"name": f"{name} account"})
    for number in range(3):
        body = {"name": f"{name} {number}", "tags": ["a", "b"][:number]}
        customer = made(api, "/v1/crm/customers", body)
        parties = {"customerId": customer["id"]}
        made(api, "/v1/crm/memberships", {**parties, "accountId": account["id"]})
        items = [
            {
                "sku": f"S{line}",
                "name": f"{name} line",
                "quantity": line,
                "unitPrice": Decimal(price),
            }
            for line, price in enumerate(("0.10", "1234.5678", "99"), 1)
        ]
        for _ in range(2):
            address = {"line1": f"{name} street", "city": "Malmö", "country": "SE"}
            body = {**parties, "items": items, "shippingAddress": address}
            order = made(api, "/v1/crm/orders", body)
            paid = {"orderId": order["id"], "amount": Decimal("5.25")}
            made(api, "/v1/crm/payments", paid)
        made(api, "/v1/crm/quotes", {**parties, "items": items})
        made(api, "/v1/crm/deals", {**parties, "title": f"{name} deal", "amount": Decimal("7.5")})


@pytest.fixture
def filled(api: Api, other_api: Api, run_events: DeliveryRun) -> Api:
    """The API of a tenant with rows, beside another whose rows must never be seen."""
    fill(api, "ours")
    fill(other_api, "theirs")
    run_events()
    return api


@pytest.fixture
def selections(installation: Runtime) -> Selections:
    registry = installation.registry
    modules = frozenset(registry.modules)
    return Selections(Schemas(registry).of(modules), registry.views(modules), Chance().random)


def asked(api: Api, text: str) -> Any:
    answer = api.post("/graphql", {"query": text})
    assert "errors" not in answer.json, f"{text}: {answer.text}"
    assert b"theirs" not in answer.body
    return answer.json["data"]


def test_random_questions_have_the_same_answers(filled: Api, selections: Selections) -> None:
    chance, seen = selections.chance, Counter[str]()
    for _ in range(QUESTIONS):
        key = chance.choice(list(RESOURCES))
        root, type_name = RESOURCES[key]
        resource = selections.views._resources[key]
        wanted = selections.of(selections.views.resource(key), type_name)
        take, skip = chance.randint(1, 5), chance.randint(0, 2)
        sort = chance.choice([None, *resource.listing.sorts])
        params = {"take": take, "skip": skip, "fields": ",".join(_paths(wanted))}
        order = ""
        if sort is not None:
            down = chance.choice([True, False])
            params["sort"] = f"-{sort}" if down else sort
            order = f", orderBy: {{ {sort}: {'DESC' if down else 'ASC'} }}"
        rest = filled.get(resource.path, params=params)
        assert rest.status == 200, rest.text
        text = f"take: {take}, skip: {skip}{order}"
        inside = " ".join(one.text() for one in wanted)
        page = asked(filled, f"{{ {root}({text}) {{ items {{ {inside} }} total }} }}")[root]
        assert as_rest(page["items"], wanted) == rest_row(rest.data, wanted), inside
        assert page["total"] == rest.meta["total"]
        seen[key] += len(page["items"])
    assert all(seen[key] for key in RESOURCES), seen


def _paths(wanted: list[Wanted]) -> list[str]:
    return [path for one in wanted for path in one.path()]


def test_one_row_is_the_same_and_that_of_another_tenant_is_none(
    filled: Api, other_api: Api, selections: Selections
) -> None:
    theirs = other_api.get("/v1/crm/orders", params={"take": 1}).data[0]
    for order in filled.get("/v1/crm/orders").data:
        wanted = selections.of(selections.views.resource("crm.orders"), "CrmOrder")
        inside = " ".join(one.text() for one in wanted)
        params = {"fields": ",".join(_paths(wanted))}
        rest = filled.get(f"/v1/crm/orders/{order['id']}", params=params)
        row = asked(filled, f'{{ crmOrder(id: "{order["id"]}") {{ {inside} }} }}')["crmOrder"]
        assert as_rest(row, wanted) == rest_row(rest.data, wanted), inside
    for nobodys in (theirs["id"], "01a216c9-07a1-7cb5-b699-3c0101e419fb"):
        assert asked(filled, f'{{ crmOrder(id: "{nobodys}") {{ id }} }}') == {"crmOrder": None}


def test_a_question_is_one_statement_whatever_its_depth(
    filled: Api, query_count: Callable[..., Any]
) -> None:
    text = (
        "{ crmCustomers { items { name orders(take: 3) { total items { name }"
        " customer { name account { name } } payments { amount } } } } }"
    )
    asked(filled, text)
    with query_count() as log:
        asked(filled, text)
    assert log.count == 1, log.statements

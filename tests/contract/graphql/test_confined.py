"""Keys that see the records of their member alone, over GraphQL: as little as over REST."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.testing import Api

pytestmark = pytest.mark.modules("crm")


@pytest.fixture
def rep(api: Api) -> Api:
    """A key of a member who has one deal of a customer of somebody else, who has two."""
    ann, bo = (api.post("/v1/members", {"name": name}).data["id"] for name in ("Ann", "Bo"))
    customer = api.post("/v1/crm/customers", {"name": "Bo's", "ownerId": bo}).data["id"]
    for title, owner in (("mine", ann), ("his", bo), ("his, too", bo)):
        deal = {"title": title, "ownerId": owner, "customerId": customer}
        assert api.post("/v1/crm/deals", deal).status == 201
    body = {"name": "Rep", "scopes": ["*"], "memberId": ann, "visibility": "own"}
    return api.with_key(api.post("/v1/keys", body).data["key"])


def asked(api: Api, document: str, **variables: Any) -> Any:
    return api.post("/graphql", {"query": document, "variables": variables}).json


DEALS = "{ crmDeals { items { title customer { name } } total } }"


def test_lists_relations_and_totals_have_no_records_of_others(api: Api, rep: Api) -> None:
    shown = asked(rep, DEALS)["data"]["crmDeals"]
    assert shown == {"items": [{"title": "mine", "customer": None}], "total": 1}
    everything = asked(api, DEALS)["data"]["crmDeals"]
    assert everything["total"] == 3
    assert {one["customer"]["name"] for one in everything["items"]} == {"Bo's"}


def test_lists_of_relations_have_no_records_of_others(api: Api, rep: Api) -> None:
    members = {one["name"]: one["id"] for one in api.get("/v1/members").data}
    customer = api.post("/v1/crm/customers", {"name": "Ann's", "ownerId": members["Ann"]}).data
    for name, owner in members.items():
        task = {"title": name, "customerId": customer["id"], "assigneeId": owner}
        assert api.post("/v1/crm/tasks", task).status == 201
    document = """{ crmCustomers(where: {name: {eq: "Ann's"}}) { items {
      tasks(take: 9, where: {status: {ne: done}}, orderBy: {createdAt: ASC}) { title }
    } total } }"""

    for client, titles in ((api, ["Ann", "Bo"]), (rep, ["Ann"])):
        found = asked(client, document)["data"]["crmCustomers"]
        (shown,) = found["items"]
        assert sorted(one["title"] for one in shown["tasks"]) == titles
        assert found["total"] == 1


def test_what_has_no_owner_and_what_is_not_theirs_is_refused(
    api: Api, rep: Api, nothing_written: Any
) -> None:
    theirs = next(one["id"] for one in api.get("/v1/crm/deals").data if one["title"] == "his")
    document = """mutation ($id: ID!) { crmDealsUpdate(id: $id, input: {title: "x"}) { id } }"""

    with nothing_written():
        answer = asked(rep, document, id=theirs)
    assert answer["data"] == {"crmDealsUpdate": None}
    assert answer["errors"][0]["extensions"]["code"] == "not_found"
    assert asked(rep, "query ($id: ID!) { crmDeal(id: $id) { id } }", id=theirs)["data"] == {
        "crmDeal": None
    }
    (refused,) = asked(rep, "{ coreKeys { total } }")["errors"]
    assert refused["extensions"]["code"] == "forbidden"

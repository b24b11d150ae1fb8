"""Keys that see the records of their member, or of its team, and of nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.testing import Api

pytestmark = pytest.mark.modules("crm")


@pytest.fixture
def member(api: Api) -> Callable[..., str]:
    """Adds somebody to the tenant; the id."""

    def add(name: str, team: str | None = None) -> str:
        return str(api.post("/v1/members", {"name": name, "team": team}).data["id"])

    return add


@pytest.fixture
def confined(api: Api) -> Callable[..., Api]:
    """A client with a key of a member."""

    def client(member: str, visibility: str = "own") -> Api:
        body = {"name": "Rep", "scopes": ["*"], "memberId": member, "visibility": visibility}
        return api.with_key(api.post("/v1/keys", body).data["key"])

    return client


@pytest.fixture
def deal(api: Api) -> Callable[..., Any]:
    """Creates a deal over the API and returns it."""

    def create(title: str, owner: str | None, client: Api | None = None, **more: Any) -> Any:
        owned = {"ownerId": owner} if owner else {}
        made = (client or api).post("/v1/crm/deals", {"title": title, **owned, **more})
        assert made.status == 201, made.json
        return made.data

    return create


def titles(answer: Any) -> list[str]:
    return sorted(one["title"] for one in answer.data)


def test_own_and_team_and_all(api: Api, member: Any, confined: Any, deal: Any) -> None:
    ann, bo, cy = member("Ann", "north"), member("Bo", "north"), member("Cy", "south")
    for name, owner in (("a", ann), ("b", bo), ("c", cy), ("nobody's", None)):
        deal(name, owner)
    seen = {"own": ["a"], "team": ["a", "b"], "all": ["a", "b", "c", "nobody's"]}
    for visibility, expected in seen.items():
        answer = confined(ann, visibility).get("/v1/crm/deals")
        assert (titles(answer), answer.meta["total"]) == (expected, len(expected))


def test_a_team_of_nobody_is_no_team(api: Api, member: Any, confined: Any, deal: Any) -> None:
    """Members without a team are not in one with each other."""
    ann, bo = member("Ann"), member("Bo")
    deal("a", ann)
    deal("b", bo)
    assert titles(confined(ann, "team").get("/v1/crm/deals")) == ["a"]


def test_totals_and_filters_and_searches(api: Api, member: Any, confined: Any, deal: Any) -> None:
    ann, bo = member("Ann"), member("Bo")
    deal("pump for Ann", ann)
    for number in range(3):
        deal(f"pump {number} for Bo", bo)
    rep = confined(ann)
    for query in ("", "?status=open", "?q=pump", "?sort=title", "?title[contains]=pump", "?skip=0"):
        answer = rep.get(f"/v1/crm/deals{query}")
        assert (titles(answer), answer.meta["total"]) == (["pump for Ann"], 1), query
    assert rep.get("/v1/crm/deals?q=Bo").data == []
    assert api.get("/v1/crm/deals?q=pump").meta["total"] == 4


def test_rows_of_others_do_not_exist(
    api: Api, member: Any, confined: Any, deal: Any, nothing_written: Any
) -> None:
    ann, bo = member("Ann"), member("Bo")
    theirs, rep = deal("b", bo), confined(ann)
    path = f"/v1/crm/deals/{theirs['id']}"
    assert rep.get(path).status == 404
    stage = api.get("/v1/crm/stages").data[0]["id"]
    with nothing_written():
        for answer in (
            rep.patch(path, {"title": "mine"}),
            rep.delete(path),
            rep.post(f"{path}/win"),
            rep.post(f"{path}/move", {"stageId": stage}),
        ):
            assert answer.status == 404, answer.json


def test_rows_of_others_are_not_included(api: Api, member: Any, confined: Any, deal: Any) -> None:
    ann, bo = member("Ann"), member("Bo")
    customer = api.post("/v1/crm/customers", {"name": "Bo's", "ownerId": bo}).data
    mine = deal("a", ann, customerId=customer["id"])
    rep = confined(ann)
    shown = rep.get(f"/v1/crm/deals/{mine['id']}?include=customer").data
    assert shown["customerId"] == customer["id"]
    assert shown["customer"] is None
    assert (
        api.get(f"/v1/crm/deals/{mine['id']}?include=customer").data["customer"]["name"] == "Bo's"
    )


def test_new_rows_are_ones_own(api: Api, member: Any, confined: Any, deal: Any) -> None:
    ann, bo = member("Ann", "north"), member("Bo", "north")
    assert deal("mine", None, confined(ann))["ownerId"] == ann
    assert deal("for Bo", bo, confined(ann, "team"))["ownerId"] == bo


def test_rows_are_not_given_away(
    api: Api, member: Any, confined: Any, deal: Any, nothing_written: Any
) -> None:
    ann, bo = member("Ann"), member("Bo")
    mine, rep = deal("mine", ann), confined(ann)
    with nothing_written():
        for answer in (
            rep.post("/v1/crm/deals", {"title": "for Bo", "ownerId": bo}),
            rep.patch(f"/v1/crm/deals/{mine['id']}", {"ownerId": bo}),
            rep.patch(f"/v1/crm/deals/{mine['id']}", {"ownerId": None}),
        ):
            assert (answer.status, answer.error["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/events"),
        ("GET", "/v1/events/feed"),
        ("GET", "/v1/deliveries"),
        ("GET", "/v1/audit"),
        ("GET", "/v1/jobs"),
        ("GET", "/v1/keys"),
        ("GET", "/v1/webhooks/subscriptions"),
        ("GET", "/v1/crm/orders"),
        ("POST", "/v1/crm/deals/export"),
        ("POST", "/v1/keys"),
        ("GET", "/v1/crm/customers?include=orders"),
    ],
)
def test_what_tells_of_all_is_refused(
    api: Api, member: Any, confined: Any, deal: Any, method: str, path: str
) -> None:
    ann = member("Ann")
    deal("b", member("Bo"))
    body = {"name": "Mine", "scopes": ["*"]} if path == "/v1/keys" else {}
    answer = confined(ann).request(method, path, json=None if method == "GET" else body)
    assert answer.status in (400, 403), answer.json
    assert "data" not in answer.json


def test_what_is_the_same_for_everybody(api: Api, member: Any, confined: Any) -> None:
    rep = confined(member("Ann"))
    for path in ("/v1/me", "/v1/tenant", "/v1/members", "/v1/crm/pipelines", "/v1/crm/stages"):
        assert rep.get(path).status == 200, path
    pipeline = rep.get("/v1/crm/pipelines").data[0]
    assert rep.patch(f"/v1/crm/pipelines/{pipeline['id']}", {"name": "x"}).status == 403


def test_a_key_that_sees_less_is_somebodys(api: Api, nothing_written: Any) -> None:
    with nothing_written():
        answer = api.post("/v1/keys", {"name": "x", "scopes": ["*"], "visibility": "own"})
        assert answer.status == 422
        assert answer.error["details"][0]["field"] == "memberId"


def test_rotated_keys_see_no_more(api: Api, member: Any, deal: Any) -> None:
    ann, bo = member("Ann"), member("Bo")
    deal("b", bo)
    body = {"name": "Rep", "scopes": ["*"], "memberId": ann, "visibility": "own"}
    key = api.post("/v1/keys", body).data
    rotated = api.post(f"/v1/keys/{key['id']}/rotate", {}).data
    assert (rotated["memberId"], rotated["visibility"]) == (ann, "own")
    assert api.with_key(rotated["key"]).get("/v1/crm/deals").data == []


@pytest.mark.parametrize("claimed", ["all", "", "{bo}"])
def test_the_database_does_not_take_it_from_the_client(
    api: Api, installation: Runtime, member: Any, deal: Any, claimed: str
) -> None:
    """Whoever may send SQL as the serving role cannot say that he sees more."""
    ann, bo = member("Ann"), member("Bo")
    deal("b", bo)
    body = {"name": "Rep", "scopes": ["*"], "memberId": ann, "visibility": "own"}
    key = parse_key(api.post("/v1/keys", body).data["key"])
    assert key is not None
    with psycopg2.connect(installation.urls.app) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM core.authenticate(%s, %s, NULL, NULL)", (key.key_id, key.secret_hash)
        )
        cursor.execute("SELECT count(*) FROM crm.deals")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT set_config('sparx.sees', %s, true)", (claimed.format(bo=bo),))
        cursor.execute("SELECT count(*) FROM crm.deals")
        assert cursor.fetchone() == (0,)
    connection.close()


def test_a_member_with_a_key_stays(api: Api, member: Any, confined: Any, deal: Any) -> None:
    """Nobody's key would come to see the records of everybody, or of nobody."""
    ann = member("Ann")
    made, rep = deal("a", ann), confined(ann)
    assert api.delete(f"/v1/members/{ann}").status == 409
    assert rep.get(f"/v1/crm/deals/{made['id']}").status == 200


@pytest.fixture
def hiding(api: Api) -> Callable[..., Api]:
    """A client with a key from which fields are hidden."""

    def client(*fields: str) -> Api:
        body = {"name": "Temp", "scopes": ["*"], "hiddenFields": list(fields)}
        return api.with_key(api.post("/v1/keys", body).data["key"])

    return client


def test_hidden_fields_are_nowhere(api: Api, hiding: Any, deal: Any) -> None:
    customer = api.post("/v1/crm/customers", {"name": "Ann", "notes": "secret"}).data
    made = deal("a", None, customerId=customer["id"], notes="also secret")
    rep = hiding("crm.customers.notes", "crm.deals.notes")
    for path in (
        "/v1/crm/customers",
        f"/v1/crm/customers/{customer['id']}",
        f"/v1/crm/customers/{customer['id']}?fields=**",
        f"/v1/crm/deals/{made['id']}?include=customer",
        "/v1/crm/deals?include=customer",
    ):
        answer = rep.get(path)
        assert answer.status == 200, answer.json
        assert "secret" not in answer.text, path
        assert "secret" in api.get(path).text, path
    changed = rep.patch(f"/v1/crm/customers/{customer['id']}", {"name": "Anna"})
    assert (changed.status, "notes" in changed.data) == (200, False)
    assert api.get(f"/v1/crm/customers/{customer['id']}").data["notes"] == "secret"


def test_one_cannot_ask_by_hidden_fields(api: Api, hiding: Any, deal: Any) -> None:
    deal("a", None, amount=5)
    rep = hiding("crm.deals.amount", "crm.deals.title")
    refused = {
        "fields=amount": 400, "amount[gte]=1": 400, "amount=5": 400, "sort=-amount": 400,
        "q=a": 403, "title=a": 400, "title[contains]=a": 400,
    }  # fmt: skip
    for query, status in refused.items():
        assert rep.get(f"/v1/crm/deals?{query}").status == status, query
    for query in ("sum=amount", "groupBy=title", "groupBy=status&avg=amount", "amount=5"):
        assert rep.get(f"/v1/crm/deals/aggregate?{query}").status == 400, query
    assert rep.get("/v1/crm/deals?status=open").meta["total"] == 1
    for path in ("/v1/events", "/v1/audit", "/v1/crm/deals/forecast", "/v1/deliveries"):
        assert rep.get(path).status == 403, path


def test_hidden_fields_are_not_written(
    api: Api, hiding: Any, deal: Any, nothing_written: Any
) -> None:
    made, rep = deal("a", None), hiding("crm.deals.notes")
    with nothing_written():
        for answer in (
            rep.patch(f"/v1/crm/deals/{made['id']}", {"notes": "x"}),
            rep.post("/v1/crm/deals", {"title": "b", "notes": "x"}),
        ):
            assert answer.status == 422
            assert answer.error["details"][0]["field"] == "notes"
        assert rep.post("/v1/crm/deals/batch", {"items": []}).status == 403


def test_a_field_is_hidden_at_once(api: Api, hiding: Any, deal: Any) -> None:
    """Two keys that ask in turns are shown what is theirs."""
    deal("a", None, notes="secret")
    rep = hiding("crm.deals.notes")
    for _ in range(3):
        assert "secret" in api.get("/v1/crm/deals").text
        assert "secret" not in rep.get("/v1/crm/deals").text


@pytest.mark.parametrize("field", ["notes", "crm.deals.no", "crm.no.notes", "crm.deals.id", ""])
def test_only_fields_can_be_hidden(api: Api, nothing_written: Any, field: str) -> None:
    body = {"name": "x", "scopes": ["*"], "hiddenFields": [field]}
    with nothing_written():
        assert api.post("/v1/keys", body).status == 422

"""One search over everything: the best first, one statement, and nobody else's rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

SEARCH, CUSTOMERS = "/v1/search", "/v1/crm/customers"


def search(api: Api, q: str, **more: Any) -> list[Any]:
    found: list[Any] = api.get(SEARCH, params={"q": q, **more}).data
    return found


def titles(api: Api, q: str, **more: Any) -> list[Any]:
    return [one["title"] for one in search(api, q, **more)]


def test_the_best_comes_first(api: Api, create_customer: Callable[..., Any]) -> None:
    names = ["Roland Ann-Marie", "Hannah", "Annabel", "Ann Zimmer", "ann", "Bob"]
    made = {name: create_customer(name) for name in names}
    create_customer("Cid", email="ann@example.com")
    create_customer("Dora", tags=["annual"])
    found = search(api, "ANN", types="crm.customers")
    assert [one["title"] for one in found] == [
        *("ann", "Annabel", "Ann Zimmer", "Cid", "Roland Ann-Marie", "Hannah", "Dora"),
    ]
    scores = [one["score"] for one in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 100
    assert scores[-1] == 20
    first = found[0]
    assert (first["type"], first["id"]) == ("crm.customers", made["ann"]["id"])
    shown = api.get(CUSTOMERS, params={"name": "ann"}).data[0]
    assert first["resource"] == shown
    # Of those that are as good, the newest first.
    twins = [create_customer("Twin")["id"] for _ in range(3)]
    assert [one["id"] for one in search(api, "twin")] == twins[::-1]


def test_an_e_mail_or_a_number_to_the_letter(
    api: Api, create_customer: Callable[..., Any], place_order: Callable[..., Any]
) -> None:
    ann = create_customer("Ann", email="ann@example.com")
    create_customer("Joann", email="joann@example.com")
    found = search(api, "ann@example.com")
    assert (found[0]["id"], found[0]["score"]) == (ann["id"], 100)
    assert found[0]["subtitle"] == "ann@example.com"
    order = place_order(ann, "12.50")
    (hit,) = search(api, order["orderNumber"])
    assert (hit["type"], hit["id"], hit["score"]) == ("crm.orders", order["id"], 100)
    assert (hit["title"], hit["subtitle"]) == (order["orderNumber"], "Ann")
    assert hit["resource"] == order
    assert '"total":12.50' in api.get(SEARCH, params={"q": order["orderNumber"]}).text


def test_through_what_a_row_refers_to(
    api: Api, create_customer: Callable[..., Any], place_order: Callable[..., Any]
) -> None:
    ann = create_customer("Ann Lindgren")
    orders = [place_order(ann) for _ in range(2)]
    found = search(api, "lindgren")
    assert [one["id"] for one in found] == [ann["id"], orders[1]["id"], orders[0]["id"]]
    assert [one["score"] for one in found][1:] == [10, 10]
    assert [one["id"] for one in search(api, "lindgren", types="crm.orders", take=1)] == [
        orders[1]["id"]
    ]


def test_every_noun_is_found(api: Api, customer: Any) -> None:
    word = "Zephyr"
    account = api.post("/v1/crm/accounts", {"name": f"{word} Works"}).data
    deal = api.post("/v1/crm/deals", {"title": f"{word} fleet", "customerId": customer["id"]}).data
    lead = api.post("/v1/crm/leads", {"name": word}).data
    segment = api.post(
        "/v1/crm/segments",
        {"name": f"{word}s", "rules": {"kind": "predicate", "field": "customer.name",
                                       "op": "is_null"}},
    ).data  # fmt: skip
    found = {one["type"]: one["id"] for one in search(api, word.lower())}
    assert found == {
        "crm.accounts": account["id"],
        "crm.deals": deal["id"],
        "crm.leads": lead["id"],
        "crm.segments": segment["id"],
    }


def test_nothing_of_others_and_nothing_in_the_trash(
    api: Api,
    other_api: Api,
    create_customer: Callable[..., Any],
    place_order: Callable[..., Any],
) -> None:
    theirs = create_customer("Secret Ann", client=other_api, email="secret@example.com")
    place_order(theirs, client=other_api)
    mine = create_customer("Ann Open")
    for q in ("secret", "secret@example.com", "Secret Ann", "se", "1001", "s"):
        assert search(api, q, types="crm.customers,crm.orders,crm.deals,crm.accounts") == []
    assert titles(api, "ann") == ["Ann Open"]
    assert "Secret Ann" in titles(other_api, "secret")
    api.delete(f"{CUSTOMERS}/{mine['id']}")
    assert search(api, "ann") == search(api, "an") == search(api, "Ann Open") == []


def test_letters_are_letters(api: Api, create_customer: Callable[..., Any]) -> None:
    create_customer("100% Pure_Oil")
    create_customer("Jürgen ÅSTRÖM")
    for q in ("%", "_", "%%%", "___", "1%", "a' OR 1=1 --", "\\", "%oil", "pure oil\\"):
        assert titles(api, q) in ([], ["100% Pure_Oil"])
    for q in ("100%", "pure_oil", "oil 100%", "e_o", "%", "_"):
        assert titles(api, q) == ["100% Pure_Oil"]
    for q in ("jürgen", "JÜRGEN", "åström", "Åström jürgen", "Ju\u0308rgen", "ü"):
        assert titles(api, q) == ["Jürgen ÅSTRÖM"]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": " "},
        {"q": "x" * 201},
        {"q": "a b c d e f g h i j k"},
        {"q": "x", "types": "crm.nothing"},
        {"q": "x", "types": "crm.order_items"},
        {"q": "x", "types": ""},
        {"q": "x", "take": "0"},
        {"q": "x", "take": "51"},
        {"q": "x", "take": "many"},
        {"q": "x", "skip": "1"},
        {"q": "a\0b"},
    ],
)
def test_bad_questions(api: Api, params: dict[str, str]) -> None:
    answer = api.get(SEARCH, params=params)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")


def test_what_the_key_may_read(
    api: Api, create_customer: Callable[..., Any], deactivate: Callable[..., None]
) -> None:
    create_customer("Ann")
    other = api.post("/v1/keys", {"name": "k", "scopes": ["read:core"]}).data
    poor = api.with_key(other["key"])
    api.post("/v1/members", {"name": "Ann Member"})
    assert [one["type"] for one in search(poor, "ann")] == ["core.members"]
    refused = poor.get(SEARCH, params={"q": "ann", "types": "crm.customers"})
    assert (refused.status, refused.error["code"]) == (403, "insufficient_scope")
    assert api.with_key(None).get(SEARCH, params={"q": "ann"}).status == 401
    deactivate("crm")
    assert [one["type"] for one in search(api, "ann")] == ["core.members"]
    off = api.get(SEARCH, params={"q": "ann", "types": "crm.customers"})
    assert (off.status, off.error["code"]) == (403, "module_disabled")


def test_a_confined_key_finds_its_own(api: Api, create_customer: Callable[..., Any]) -> None:
    mine, theirs = (api.post("/v1/members", {"name": name}).data for name in ("Me", "They"))
    create_customer("Ann One", ownerId=mine["id"])
    for number in range(30):
        create_customer(f"Ann {number}", ownerId=theirs["id"])
    made = api.post(
        "/v1/keys",
        {
            "name": "k", "scopes": ["read:crm"], "memberId": mine["id"], "visibility": "own",
        },
    ).data  # fmt: skip
    confined = api.with_key(made["key"])
    for q in ("ann", "an", "Ann"):
        assert titles(confined, q, take=5) == ["Ann One"]
    assert len(search(api, "ann", take=50)) == 31


def test_one_statement(
    api: Api, create_customer: Callable[..., Any], query_count: Callable[[], Any]
) -> None:
    create_customer("Ann")
    search(api, "ann")
    with query_count() as log:
        assert titles(api, "ann") == ["Ann"]
    _entered, found, _committed = log.statements
    assert "hits_customers" in found or "EXECUTE" in found.upper(), log.statements


def test_of_many_the_newest_are_looked_at(
    api: Api, create_customer: Callable[..., Any], owner: Owner
) -> None:
    """What is asked for to the letter is found among any number of others."""
    first = create_customer("Common", email="first@common.example")
    owner.execute(
        "INSERT INTO crm.customers (tenant_id, id, name, currency)"
        " SELECT tenant_id, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,"
        " 'A Common Name ' || n, 'USD'"
        " FROM crm.customers, generate_series(1, 700) n WHERE id = %s",
        first["id"],
    )
    newest = create_customer("Very Common")
    for q in ("common", "Common", "first@common.example"):
        assert search(api, q)[0]["id"] == first["id"]
    assert newest["id"] in [one["id"] for one in search(api, "common", take=50)]
    assert len(search(api, "mo", take=50)) == 50


def test_a_few_old_ones_among_many_are_found(
    api: Api, create_customer: Callable[..., Any], owner: Owner
) -> None:
    """More than the newest that are looked at, and fewer than make a word a frequent one."""
    made = create_customer("Newcomer")
    owner.execute(
        "INSERT INTO crm.customers (tenant_id, id, name, currency)"
        " SELECT tenant_id, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,"
        " CASE WHEN n %% 40 = 1 THEN 'Rare Bird ' ELSE 'Sparrow ' END || n, 'USD'"
        " FROM crm.customers, generate_series(1, 700) n WHERE id = %s",
        made["id"],
    )
    birds = {f"Rare Bird {number}" for number in range(1, 701, 40)}
    assert set(titles(api, "rare bird", types="crm.customers", take=50)) == birds
    assert "Rare Bird 1" in titles(api, "rare bird 1", types="crm.customers", take=1)

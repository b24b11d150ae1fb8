"""Leads: worked on, given up, and converted exactly once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

PATH = "/v1/crm/leads"
ANN = {
    "name": "Ann",
    "email": "Ann@Lindgren.example",
    "company": "Lindgren",
    "phone": "+14155552671",
}


@pytest.fixture
def create_lead(api: Api) -> Callable[..., Any]:
    """Notes a lead and returns it."""

    def create(client: Api | None = None, **more: Any) -> Any:
        answer = (client or api).post(PATH, {**ANN, **more})
        assert answer.status == 201, answer.text
        return answer.data

    return create


def do(api: Api, lead: Any, name: str, body: Any = None) -> Any:
    return api.post(f"{PATH}/{lead['id']}/{name}", body)


def events(owner: Owner, tenant: Any, prefix: str = "lead") -> list[str]:
    found = owner.rows(
        "SELECT type FROM core.events WHERE tenant_id = %s AND type LIKE %s ORDER BY position",
        tenant.tenant_id,
        f"{prefix}.%",
    )
    return [one for (one,) in found]


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """What ``count`` threads get that call at the same time."""
    answers: list[Any] = [None] * count

    def run(number: int) -> None:
        answers[number] = call(number)

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_lead_goes_its_way(
    api: Api, create_lead: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    lead = create_lead(value=12000, source="fair", tags=["a"])
    shown = (lead["status"], lead["email"], lead["value"], lead["currency"])
    assert shown == ("new", "ann@lindgren.example", 12000, "USD")
    assert lead["allowedTransitions"] == ["contact", "qualify", "convert", "disqualify"]
    assert do(api, lead, "contact").data["contactedAt"] is not None
    assert do(api, lead, "qualify").data["status"] == "qualified"
    gone = do(api, lead, "disqualify", {"reason": "no budget"}).data
    assert (gone["status"], gone["disqualifiedReason"]) == ("disqualified", "no budget")
    assert gone["allowedTransitions"] == ["reopen"]
    refused = do(api, lead, "convert")
    assert (refused.status, refused.error["code"]) == (409, "invalid_transition")
    assert refused.error["details"]["from"] == "disqualified"
    again = do(api, lead, "reopen").data
    assert (again["status"], again["disqualifiedReason"], again["contactedAt"]) == (
        "new",
        None,
        None,
    )
    assert events(owner, tenant) == [
        f"lead.{one}" for one in ("created", "contacted", "qualified", "disqualified", "reopened")
    ]


@pytest.mark.parametrize(
    ("verb", "before"),
    [("contact", ["contact"]), ("contact", ["qualify"]), ("reopen", []), ("qualify", ["qualify"])],
)
def test_what_the_state_forbids_writes_nothing(
    api: Api, create_lead: Callable[..., Any], nothing_written: Any, verb: str, before: list[str]
) -> None:
    lead = create_lead()
    for one in before:
        assert do(api, lead, one).status == 200
    with nothing_written():
        refused = do(api, lead, verb)
    assert (refused.status, refused.error["code"]) == (409, "invalid_transition")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "A", "email": "nope"}, "email"),
        ({"name": "A", "value": -1}, "value"),
        ({"name": "A", "value": "1"}, "value"),
        ({"name": "A", "value": 1.5, "currency": "JPY"}, "value"),
        ({"name": "A", "status": "converted"}, "status"),
        ({"name": "A", "tags": ["a b"]}, "tags[0]"),
        ({"name": "A", "ownerId": "00000000-0000-7000-8000-000000000000"}, "ownerId"),
        ({"name": "A", "jobtitle": "x"}, "jobtitle"),
    ],
)
def test_bad_leads_write_nothing(api: Api, nothing_written: Any, body: Any, field: str) -> None:
    with nothing_written():
        answer = api.post(PATH, body)
    assert (answer.status, answer.error["details"][0]["field"]) == (422, field), answer.text


def test_a_currency_cannot_take_digits_away(api: Api, create_lead: Callable[..., Any]) -> None:
    lead = create_lead(value=1.5, currency="EUR")
    answer = api.patch(f"{PATH}/{lead['id']}", {"currency": "JPY"})
    assert (answer.status, answer.error["details"][0]["field"]) == (422, "value")
    assert do(api, lead, "disqualify", {}).status == 422
    assert api.patch(f"{PATH}/{lead['id']}", {"name": "Ann"}).data["version"] == 1


def test_converting_makes_a_customer_and_an_account(
    api: Api, create_lead: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    lead = create_lead(notes="Met at the fair.", tags=["fair"])
    done = do(api, lead, "convert").data
    assert (done["status"], done["allowedTransitions"]) == ("converted", [])
    customer = api.get(f"/v1/crm/customers/{done['customerId']}").data
    assert [customer[one] for one in ("name", "email", "phone", "company", "tags", "notes")] == [
        "Ann", "ann@lindgren.example", "+14155552671", "Lindgren", ["fair"], "Met at the fair.",
    ]  # fmt: skip
    account = api.get(f"/v1/crm/accounts/{done['accountId']}").data
    assert (account["name"], account["domain"]) == ("Lindgren", "lindgren.example")
    again = do(api, lead, "convert", {"createAccount": False}).data
    assert again == done
    assert events(owner, tenant) == ["lead.created", "lead.converted"]
    assert events(owner, tenant, "customer").count("customer.created") == 1
    assert events(owner, tenant, "account")[0] == "account.created"
    assert (customer["accountId"], done["dealId"]) == (done["accountId"], None)
    for refused in (
        api.patch(f"{PATH}/{lead['id']}", {"name": "Other"}),
        do(api, lead, "disqualify", {"reason": "x"}),
        do(api, lead, "contact"),
    ):
        assert refused.status == 409
    edit = api.patch(f"{PATH}/{lead['id']}", {"notes": None})
    assert edit.error["code"] == "lead_converted"
    assert edit.error["details"]["customerId"] == done["customerId"]


def test_who_is_known_is_found(api: Api, create_lead: Callable[..., Any], owner: Owner) -> None:
    known = api.post("/v1/crm/customers", {"name": "A. L.", "email": "ann@lindgren.example"}).data
    company = api.post("/v1/crm/accounts", {"name": "LD", "domain": "lindgren.example"}).data
    done = do(api, create_lead(), "convert").data
    assert (done["customerId"], done["accountId"]) == (known["id"], company["id"])
    assert api.get(f"/v1/crm/customers/{known['id']}").data["name"] == "A. L."
    # By name, where the address says nothing; and no account where nobody wants one.
    named = api.post("/v1/crm/accounts", {"name": "Byname"}).data
    other = create_lead(email="x@gmail.com", company="Byname")
    assert do(api, other, "convert").data["accountId"] == named["id"]
    third = create_lead(email="y@gmail.com", company="Unknown")
    assert do(api, third, "convert", {"createAccount": False}).data["accountId"] is None
    nobody = create_lead(email=None, company=None)
    chosen = {"customerId": known["id"], "accountId": named["id"]}
    shown = do(api, nobody, "convert", chosen).data
    assert (shown["customerId"], shown["accountId"]) == (known["id"], named["id"])


def test_twenty_conversions_are_one(
    api: Api, create_lead: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    lead = create_lead()
    answers = at_once(20, lambda number: do(api, lead, "convert"))
    assert {one.status for one in answers} == {200}
    ids = {(one.data["customerId"], one.data["accountId"]) for one in answers}
    assert len(ids) == 1
    assert owner.count("crm.customers", tenant.tenant_id) == 1
    assert owner.count("crm.accounts", tenant.tenant_id) == 1
    assert events(owner, tenant).count("lead.converted") == 1


def test_leads_of_one_person_make_one_customer_at_once(
    api: Api, create_lead: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    """Beside them somebody creates the customer itself."""
    several = [create_lead() for _ in range(12)]

    def call(number: int) -> Any:
        if number < len(several):
            return do(api, several[number], "convert")
        return api.post("/v1/crm/customers", {"name": "A", "email": ANN["email"]})

    answers = at_once(20, call)
    assert {one.status for one in answers[:12]} == {200}, [one.text for one in answers]
    assert {one.status for one in answers[12:]} <= {201, 409}
    assert len({(one.data["customerId"], one.data["accountId"]) for one in answers[:12]}) == 1
    assert owner.count("crm.customers", tenant.tenant_id) == 1
    assert owner.count("crm.accounts", tenant.tenant_id) == 1
    assert events(owner, tenant, "customer").count("customer.created") == 1


def test_another_tenant_sees_and_finds_nothing(
    api: Api, other_api: Api, create_lead: Callable[..., Any], nothing_written: Any
) -> None:
    theirs = other_api.post("/v1/crm/customers", {"name": "T", "email": ANN["email"]}).data
    other_api.post("/v1/crm/accounts", {"name": "Lindgren", "domain": "lindgren.example"})
    lead = create_lead()
    with nothing_written():
        assert other_api.get(f"{PATH}/{lead['id']}").status == 404
        for verb in ("contact", "qualify", "convert", "reopen"):
            assert do(other_api, lead, verb).status == 404
        refused = do(api, lead, "convert", {"customerId": theirs["id"]})
    assert (refused.status, refused.error["details"][0]["field"]) == (422, "customerId")
    done = do(api, lead, "convert").data
    assert done["customerId"] != theirs["id"]
    assert other_api.get(PATH).data == []


def test_leads_are_listed_and_found(api: Api, create_lead: Callable[..., Any]) -> None:
    first = create_lead(source="fair")
    create_lead(name="Bob", email="bob@example.com", source="web")
    assert [one["name"] for one in api.get(PATH, query="q=lindgren").data] == ["Bob", "Ann"]
    assert [one["id"] for one in api.get(PATH, query="source=fair").data] == [first["id"]]
    do(api, first, "convert")
    assert [one["name"] for one in api.get(PATH, query="status=new").data] == ["Bob"]
    assert api.delete(f"{PATH}/{first['id']}").status == 200


def test_a_deal_is_made_once_where_one_is_wanted(
    api: Api, create_lead: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    lead = create_lead(value=12000, source="fair")
    pipeline = api.post("/v1/crm/pipelines", {"name": "Other"}).data
    stage = {"pipelineId": pipeline["id"], "name": "First", "probability": 10}
    assert api.post("/v1/crm/stages", stage).status == 201
    body = {"pipelineId": pipeline["id"], "dealTitle": "Injectors"}
    answers = at_once(20, lambda number: do(api, lead, "convert", body))
    assert {one.status for one in answers} == {200}, [one.text for one in answers]
    (deal_id,) = {one.data["dealId"] for one in answers}
    deal = api.get(f"/v1/crm/deals/{deal_id}").data
    shown = [deal[one] for one in ("title", "amount", "pipelineId", "customerId", "accountId")]
    done = answers[0].data
    assert shown == ["Injectors", 12000, pipeline["id"], done["customerId"], done["accountId"]]
    assert owner.count("crm.deals", tenant.tenant_id) == 1
    other = create_lead(email="z@z.example", company="Z")
    made = do(api, other, "convert", {"createDeal": True}).data["dealId"]
    assert api.get(f"/v1/crm/deals/{made}").data["title"] == "Z"

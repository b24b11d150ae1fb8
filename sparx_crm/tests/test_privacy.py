"""All that there is of a customer is shown to who asks, and forgotten for good."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api, DeliveryRun, Owner

CUSTOMERS = "/v1/crm/customers"
SECRETS = (
    "anneliese", "lindgren-secret", "+14155552671", "1 Harbour Road", "private.example",
    "Whispered", "Ring her", "Boss-Secret",
)  # fmt: skip
ANN = {
    "name": "Anneliese Lindgren-Secret",
    "email": "anneliese@private.example",
    "phone": "+14155552671",
    "jobTitle": "Boss-Secret",
    "addresses": [{"line1": "1 Harbour Road", "city": "Oakland", "country": "US"}],
    "otherEmails": [{"email": "second@private.example"}],
    "notes": "Whispered once",
}
ADDRESS = {"line1": "1 Harbour Road", "city": "Oakland", "country": "US"}


@pytest.fixture
def person(api: Api) -> Callable[..., Any]:
    """Somebody of whom there is something in every table."""

    def make(client: Api | None = None, **more: Any) -> Any:
        caller = client or api
        made = caller.post(CUSTOMERS, {**ANN, **more}, headers={"Idempotency-Key": "once"})
        assert made.status == 201, made.text
        customer = made.data["id"]
        link = {"customerId": customer}
        item = {"sku": "S", "name": "Thing", "quantity": 2, "unitPrice": 10}
        order = {**link, "items": [item], "shippingAddress": ADDRESS, "customerNote": "Ring her"}
        for path, body in (
            ("orders", order),
            ("activities", {**link, "type": "note", "body": "Whispered to Anneliese"}),
            ("tasks", {**link, "title": "Ring her"}),
            ("deals", {**link, "title": "Anneliese's deal", "amount": 5}),
            (
                "consents",
                {
                    **link, "channel": "email", "purpose": "marketing", "state": "granted",
                    "source": "admin",
                },
            ),
            ("leads", {"name": "Anneliese", "email": ANN["email"], "notes": "Whispered"}),
        ):  # fmt: skip
            answer = caller.post(f"/v1/crm/{path}", body)
            assert answer.status == 201, (path, answer.text)
        return caller.get(f"{CUSTOMERS}/{customer}").data

    return make


def erase(api: Api, customer: Any, body: Any = None) -> Any:
    return api.post(
        f"{CUSTOMERS}/{customer['id']}/erase", {"confirm": True} if body is None else body
    )


def found_anywhere(owner: Owner, tenant: Any) -> list[str]:
    """The tables in which one of the secrets is still to be found."""
    found = []
    for table, owned in ((name, True) for name in owner.counts(tenant.tenant_id)):
        assert owned
        for secret in SECRETS:
            count = owner.value(
                f"SELECT count(*) FROM {table} t WHERE tenant_id = %s AND (t::text ILIKE %s"
                " OR t::text ILIKE %s)",
                tenant.tenant_id,
                f"%{secret}%",
                f"%{secret.encode().hex()}%",
            )
            if count:
                found.append(f"{table}: {secret}")
    return found


def test_everything_is_in_one_document(
    api: Api, other_api: Api, person: Callable[..., Any], run_events: DeliveryRun
) -> None:
    ann = person()
    run_events()
    other = api.post(CUSTOMERS, {"name": "Other"}).data
    api.post("/v1/crm/activities", {"customerId": other["id"], "type": "note", "body": "Not hers"})
    answer = api.get(f"{CUSTOMERS}/{ann['id']}/export")
    assert answer.status == 200, answer.text
    document = answer.data
    assert document["customer"]["otherEmails"][0]["email"] == "second@private.example"
    related = document["related"]
    for table in ("orders", "activities", "tasks", "deals", "consents"):
        assert f"crm.{table}" in related, table
    (order,) = related["crm.orders"]
    assert (order["shippingAddress"]["line1"], order["total"]) == ("1 Harbour Road", 20)
    assert "Whispered to Anneliese" in {one.get("body") for one in related["crm.activities"]}
    assert "Not hers" not in answer.text
    assert "tenant_id" not in answer.text
    assert other_api.get(f"{CUSTOMERS}/{ann['id']}/export").status == 404
    for nothing in ("x", "00000000-0000-7000-8000-000000000000"):
        assert api.get(f"{CUSTOMERS}/{nothing}/export").status == 404


def test_nothing_is_left_of_who_is_erased(
    api: Api,
    person: Callable[..., Any],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    sent = api.post(
        "/v1/webhooks/subscriptions", {"url": "https://hooks.example.com/", "events": ["*"]}
    )
    assert sent.status == 201, sent.text
    ann = person()
    run_events()
    api.patch(f"{CUSTOMERS}/{ann['id']}", {"notes": "Whispered twice"})
    (listed,) = api.get("/v1/crm/orders").data
    order = api.get(f"/v1/crm/orders/{listed['id']}").data
    assert found_anywhere(owner, tenant)
    done = erase(api, ann)
    assert done.status == 200, done.text
    assert done.data["eventsRedacted"] > 0
    assert found_anywhere(owner, tenant) == []
    with nothing_written():
        again = api.post(CUSTOMERS, ANN, headers={"Idempotency-Key": "once"})
    assert (again.status, again.error["code"]) == (410, "answer_erased")
    # The books are as they were.
    now = api.get(f"/v1/crm/orders/{order['id']}").data
    for name in ("orderNumber", "total", "subtotal", "items", "currency", "status", "customerId"):
        assert now[name] == order[name]
    assert (now["shippingAddress"], now["customerNote"]) == (None, None)
    for path in ("activities", "tasks", "consents"):
        assert api.get(f"/v1/crm/{path}", query=f"customerId={ann['id']}").data == []
    assert api.get(f"{CUSTOMERS}/{ann['id']}").status == 404
    (left,) = api.get(CUSTOMERS, query="trashed=true").data
    assert (left["name"], left["email"], left["orderCount"]) == ("Erased", None, 1)
    events = owner.rows(
        "SELECT data::text FROM core.events WHERE tenant_id = %s AND type = 'customer.erased'",
        tenant.tenant_id,
    )
    assert len(events) == 1
    run_events()
    assert found_anywhere(owner, tenant) == []
    assert owner.value(
        "SELECT count(*) FROM core.audit_entries WHERE tenant_id = %s", tenant.tenant_id
    )


def test_it_is_final(
    api: Api, person: Callable[..., Any], nothing_written: Any, owner: Owner, tenant: Any
) -> None:
    ann = person()
    assert erase(api, ann).status == 200
    with nothing_written():
        again = erase(api, ann)
        assert (again.status, again.error["code"]) == (409, "customer_erased")
        assert api.get(f"{CUSTOMERS}/{ann['id']}/export").status == 409
        restored = api.post(f"{CUSTOMERS}/{ann['id']}/restore")
        assert (restored.status, restored.error["code"]) == (409, "customer_erased")
        for email in ("ANNELIESE@private.example", "second@private.example"):
            back = api.post(CUSTOMERS, {"name": "Back", "email": email})
            assert (back.status, back.error["code"]) == (409, "email_erased")
    other = api.post(CUSTOMERS, {"name": "Other", "email": "other@example.com"}).data
    with nothing_written():
        for body in ({"email": ANN["email"]}, {"otherEmails": [{"email": ANN["email"]}]}):
            assert api.patch(f"{CUSTOMERS}/{other['id']}", body).error["code"] == "email_erased"
        batch = [{"op": "create", "data": {"name": "Back", "email": ANN["email"]}}]
        answer = api.post(f"{CUSTOMERS}/batch", {"operations": batch})
        assert ANN["email"] not in answer.text
    assert owner.value(
        "SELECT count(*) FROM crm.customers WHERE tenant_id = %s AND email = %s",
        tenant.tenant_id, ANN["email"],
    ) == 0  # fmt: skip
    (erasure,) = api.get("/v1/crm/erasures").data
    assert erasure["customerId"] == ann["id"]
    assert api.delete(f"/v1/crm/erasures/{erasure['id']}").status == 200
    assert api.post(CUSTOMERS, {"name": "Back", "email": ANN["email"]}).status == 201


@pytest.mark.parametrize("body", [{}, {"confirm": False}, {"confirm": "yes"}, {"confirm": None}])
def test_it_needs_a_yes(
    api: Api, create_customer: Callable[..., Any], nothing_written: Any, body: Any
) -> None:
    ann = create_customer("Ann")
    with nothing_written():
        refused = erase(api, ann, body)
    assert (refused.status, refused.error["details"][0]["field"]) == (422, "confirm")


def test_another_tenant_is_not_touched(
    api: Api, other_api: Api, person: Callable[..., Any], owner: Owner, other_tenant: Any,
    nothing_written: Any,
) -> None:  # fmt: skip
    theirs, ours = person(client=other_api), person()
    with nothing_written():
        assert erase(api, theirs).status == 404
    before = owner.fingerprint([other_tenant.tenant_id])
    assert erase(api, ours).status == 200
    after = owner.fingerprint([other_tenant.tenant_id])
    assert {name: one[1] for name, one in before.items()} == {
        name: one[1] for name, one in after.items()
    }
    assert other_api.get(f"{CUSTOMERS}/{theirs['id']}").data == theirs
    # What is forgotten here may be known there.
    assert api.post(CUSTOMERS, {"name": "B", "email": ANN["email"]}).status == 409


def test_who_was_merged_is_erased_with_the_rest(
    api: Api, person: Callable[..., Any], create_customer: Callable[..., Any], owner: Owner,
    tenant: Any,
) -> None:  # fmt: skip
    stays, ann = create_customer("Stays", email="stays@example.com"), person()
    body = {"primaryId": stays["id"], "duplicateIds": [ann["id"]]}
    merged = api.post(f"{CUSTOMERS}/merge", body).data
    gone = erase(api, ann)
    assert (gone.status, gone.error["details"]["mergedInto"]) == (409, stays["id"])
    assert erase(api, stays).status == 200
    assert found_anywhere(owner, tenant) == []
    refused = api.post(f"/v1/crm/merges/{merged['mergeId']}/undo")
    assert (refused.status, refused.error["code"]) == (409, "merge_stays")
    assert refused.error["details"][0]["reason"] == "erased"

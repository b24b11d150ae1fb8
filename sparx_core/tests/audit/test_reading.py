"""Reading the audit log: who may, and what it can be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core import uuid7
from sparx_core.testing import Api

from .conftest import ACCOUNTS, AUDIT, Log

Create = Callable[..., Any]


def key(api: Api, anonymous: Api, *scopes: str) -> Api:
    made = api.post("/v1/keys", {"name": "some", "scopes": scopes}).data
    return anonymous.with_key(made["key"])


def test_it_needs_a_scope_of_its_own(api: Api, anonymous: Api, create_account: Create) -> None:
    """Whoever may read modules, all of them, does not see what others wrote there."""
    create_account(name="private")
    entry = api.get(AUDIT).data[0]
    reader = key(api, anonymous, "read:core", "write:core", "read:ledger", "write:ledger")
    for path in (AUDIT, f"{AUDIT}/{entry['id']}", f"{AUDIT}/{uuid7()}", f"{AUDIT}?bad=1"):
        answer = reader.get(path)
        assert (answer.status, answer.error["code"]) == (403, "insufficient_scope"), path
        assert answer.error["details"] == {"requiredScopes": ["read:audit"]}
        assert "private" not in answer.text
        assert anonymous.get(path).status == 401
    auditor = key(api, anonymous, "read:audit")
    assert auditor.get(f"{AUDIT}/{entry['id']}").data == entry
    assert auditor.get(ACCOUNTS).status == 403


def test_a_key_without_it_cannot_hand_it_out(api: Api, anonymous: Api) -> None:
    maker = key(api, anonymous, "write:core")
    answer = maker.post("/v1/keys", {"name": "more", "scopes": ["read:audit"]})
    assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")


def test_tenants_see_their_own(api: Api, other_api: Api, create_account: Create, log: Log) -> None:
    mine, theirs = create_account(), create_account(other_api)
    foreign = Log(other_api).of(theirs)
    assert len(foreign) == 1
    assert not log.of(theirs)
    assert api.get(f"{AUDIT}/{foreign[0]['id']}").status == 404
    assert api.get(f"{AUDIT}/nonsense").status == 404
    assert {one["resourceId"] for one in log.all(resource="ledger.accounts")} == {mine["id"]}


def test_newest_first_page_by_page(api: Api, create_account: Create) -> None:
    made = [create_account() for _ in range(5)]
    query = {"resource": "ledger.accounts", "take": 2}
    first = api.get(AUDIT, params=query)
    assert first.meta["total"] == 5
    seen = list(first.data)
    cursor = first.meta["next_cursor"]
    while cursor:
        page = api.get(AUDIT, params={**query, "cursor": cursor})
        seen, cursor = seen + page.data, page.meta["next_cursor"]
    assert [one["resourceId"] for one in seen] == [one["id"] for one in reversed(made)]
    assert [one["id"] for one in seen] == sorted((one["id"] for one in seen), reverse=True)


def test_every_filter(api: Api, create_account: Create, log: Log) -> None:
    made, other = create_account(), create_account(name="two")
    changed = api.patch(f"{ACCOUNTS}/{made['id']}", {"name": "x"})
    created, updated = log.of(made)
    me = api.get("/v1/me").data["actor"]["id"]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"resourceId": made["id"]}, [created["id"], updated["id"]]),
        ({"resourceId": made["id"], "action": "updated"}, [updated["id"]]),
        ({"resourceId[in]": f"{made['id']},{uuid7()}", "action[ne]": "updated"}, [created["id"]]),
        ({"resource": "ledger.accounts", "resourceId": other["id"]}, [log.of(other)[0]["id"]]),
        ({"operation": "ledger.accounts.update"}, [updated["id"]]),
        ({"requestId": changed.headers["X-Request-Id"]}, [updated["id"]]),
        ({"actorId": me, "action": "updated", "resource": "ledger.accounts"}, [updated["id"]]),
        ({"actorType": "handler", "resource": "ledger.accounts"}, []),
        ({"actorId": str(uuid7())}, []),
        ({"resourceId": made["id"], "createdAt[gte]": created["createdAt"]},
         [created["id"], updated["id"]]),
        ({"resourceId": made["id"], "createdAt[lt]": created["createdAt"]}, []),
        ({"resourceId": other["id"], "createdAt": log.of(other)[0]["createdAt"]},
         [log.of(other)[0]["id"]]),
        ({"resourceId": other["id"], "createdAt[ne]": log.of(other)[0]["createdAt"]}, []),
        ({"resourceId": other["id"], "createdAt[gt]": log.of(other)[0]["createdAt"]}, []),
        ({"resourceId": other["id"], "createdAt[lte]": log.of(other)[0]["createdAt"]},
         [log.of(other)[0]["id"]]),
        ({"createdAt[lt]": "0001-01-01T00:00:00Z"}, []),
        ({"createdAt[gt]": "9999-12-31T23:59:58Z"}, []),
        ({"resourceId": other["id"], "createdAt[gte]": "1900-01-01T00:00:00Z",
          "createdAt[lt]": "9999-01-01T00:00:00Z"}, [log.of(other)[0]["id"]]),
        ({"resource[startsWith]": "ledger.", "resourceId": other["id"]},
         [log.of(other)[0]["id"]]),
    ]  # fmt: skip
    for query, expected in cases:
        assert [one["id"] for one in log.all(**query)] == expected, query


@pytest.mark.parametrize(
    "query",
    ["action=x", "actorType=robot", "actorId=1", "createdAt[gte]=yesterday", "version=1", "q=x",
     "sort=createdAt", "changes=x", "resource[contains]=x", "include=actor", "fields=actorType"],
)  # fmt: skip
def test_what_cannot_be_asked(api: Api, query: str) -> None:
    answer = api.get(f"{AUDIT}?{query}")
    assert (answer.status, answer.error["code"]) == (400, "bad_request")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(
    api: Api, create_account: Create, nothing_written: Callable[..., Any], method: str
) -> None:
    create_account()
    entry = api.get(AUDIT).data[0]
    with nothing_written():
        for path in (AUDIT, f"{AUDIT}/{entry['id']}"):
            assert api.request(method, path, json={"action": "created"}).status == 405


def test_some_fields(api: Api, create_account: Create) -> None:
    made = create_account()
    answer = api.get(AUDIT, params={"resourceId": made["id"], "fields": "action,actor"})
    assert [set(one) for one in answer.data] == [{"action", "actor"}]


def test_it_tells_of_modules_that_are_off(
    api: Api, anonymous: Api, create_account: Create, log: Log, deactivate: Callable[..., None]
) -> None:
    """The history is the tenant's, and stays with the core when the rows have gone."""
    made = create_account(name="before")
    auditor = key(api, anonymous, "read:audit")
    deactivate("ledger")
    assert api.get(ACCOUNTS).status == 403
    (entry,) = Log(auditor).of(made)
    assert entry["changes"]["name"]["after"] == "before"

"""Subscriptions: made, shown, changed, deleted, and who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner, TenantMaker
from sparx_core.webhooks.secrets import open_headers, open_secrets
from sparx_core.webhooks.signing import key_of

from .conftest import SUBSCRIPTIONS, URL, Subscribe

Stored = Callable[[Any], Any]


@pytest.fixture
def stored(owner: Owner) -> Stored:
    """The row of a subscription."""

    def read(subscription: Any) -> Any:
        return owner.value(
            "SELECT to_jsonb(s) FROM core.webhook_subscriptions s WHERE id = %s",
            subscription["id"],
        )

    return read


def test_a_subscription_is_made_with_a_secret_that_is_shown_once(
    api: Api, owner: Owner, installation: Runtime, tenant: Any
) -> None:
    made = api.post(
        SUBSCRIPTIONS, {"url": URL, "events": ["probe.created", "probe.*", "probe.created"]}
    )
    assert made.status == 201
    secret = made.data.pop("secret")
    assert len(key_of(made.data["secret"])) == 32
    shown = api.get(f"{SUBSCRIPTIONS}/{made.data['id']}")
    assert "secret" not in shown.data
    assert secret not in shown.text + api.get(SUBSCRIPTIONS).text
    assert shown.data == {
        "id": made.data["id"],
        "version": 1,
        "url": URL,
        "events": ["probe.created", "probe.*"],
        "description": None,
        "filter": None,
        "headers": {},
        "rate": 50,
        "concurrency": 2,
        "state": "enabled",
        "disabledReason": None,
        "disabledAt": None,
        "failingSince": None,
        "lastFailedAt": None,
        "lastSucceededAt": None,
        "pausedUntil": None,
        "lastStatus": None,
        "createdAt": made.data["createdAt"],
        "updatedAt": made.data["updatedAt"],
    }
    sealed = owner.value(
        "SELECT secrets FROM core.webhook_subscriptions WHERE id = %s", shown.data["id"]
    )
    assert secret.encode() not in bytes(sealed)
    opened = open_secrets(installation.keyring, tenant.tenant_id, _id(shown.data), sealed, 0)
    assert opened == [secret]


def _id(shown: Any) -> Any:
    from uuid import UUID

    return UUID(shown["id"])


def test_headers_are_stored_sealed_and_shown_masked(
    api: Api, subscribe: Subscribe, stored: Stored, installation: Runtime, tenant: Any
) -> None:
    made = subscribe(headers={"Authorization": "Basic c2VjcmV0", "X-Shop": "1"})
    assert made["headers"] == {"Authorization": "***", "X-Shop": "***"}
    assert "c2VjcmV0" not in str(stored(made))

    def opened() -> dict[str, str]:
        about = (installation.keyring, tenant.tenant_id, _id(made))
        return open_headers(*about, stored(made)["headers"])

    assert opened() == {"Authorization": "Basic c2VjcmV0", "X-Shop": "1"}
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    changed = api.patch(path, {"headers": {"Authorization": "***", "X-New": "2"}}).data
    assert changed["version"] == 2
    assert opened() == {"Authorization": "Basic c2VjcmV0", "X-New": "2"}
    same = api.patch(path, {"headers": {"Authorization": "Basic c2VjcmV0", "X-New": "***"}}).data
    assert same["version"] == 2  # nothing differs
    refused = api.patch(path, {"headers": {"X-Other": "***"}})
    assert refused.error["details"][0]["pointer"] == "/headers/X-Other"
    assert opened() == {"Authorization": "Basic c2VjcmV0", "X-New": "2"}


BAD: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://hooks.example.com/"}, "/url"),
    ({"url": "https://127.0.0.1/"}, "/url"),
    ({"url": "https://localhost/"}, "/url"),
    ({"url": "https://user:pass@hooks.example.com/"}, "/url"),
    ({"url": "ftp://hooks.example.com/"}, "/url"),
    ({"url": "https://hooks.example.com/" + "a" * 2048}, "/url"),
    ({"url": 5}, "/url"),
    ({"events": []}, "/events"),
    ({"events": ["probe.vanished"]}, "/events/0"),
    ({"events": ["probe.*", "nothing.*"]}, "/events/1"),
    ({"events": ["key.created"]}, "/events/0"),  # is told to nobody outside
    ({"events": ["Probe"]}, "/events/0"),
    ({"events": ["probe.created"] * 101}, "/events"),
    ({"events": "probe.*"}, "/events"),
    ({"description": "x" * 256}, "/description"),
    ({"rate": 0}, "/rate"),
    ({"rate": 1001}, "/rate"),
    ({"concurrency": 11}, "/concurrency"),
    ({"headers": {"Host": "a"}}, "/headers/Host"),
    ({"headers": {"Content-length": "1"}}, "/headers/Content-length"),
    ({"headers": {"Transfer-Encoding": "chunked"}}, "/headers/Transfer-Encoding"),
    ({"headers": {"Connection": "close"}}, "/headers/Connection"),
    ({"headers": {"User-Agent": "me"}}, "/headers/User-Agent"),
    ({"headers": {"Webhook-Id": "1"}}, "/headers/Webhook-Id"),
    ({"headers": {"x-sparx-signature": "1"}}, "/headers/x-sparx-signature"),
    ({"headers": {"X-A": "1\r\nX-B: 2"}}, "/headers/X-A"),
    ({"headers": {"X-A": "ü"}}, "/headers/X-A"),
    ({"headers": {"X-A": ""}}, "/headers/X-A"),
    ({"headers": {"X-A": 1}}, "/headers/X-A"),
    ({"headers": {"X A": "1"}}, "/headers/X A"),
    ({"headers": {"X-A": "x" * 2049}}, "/headers/X-A"),
    ({"headers": {"X-A": "***"}}, "/headers/X-A"),
    ({"headers": {"X-A": "1", "x-a": "2"}}, "/headers"),
    ({"headers": {f"X-{n}": "1" for n in range(21)}}, "/headers"),
    ({"headers": {f"X-{n}": "x" * 2000 for n in range(5)}}, "/headers"),
    ({"headers": ["X-A"]}, "/headers"),
    ({"filter": {}}, "/filter"),
    ({"filter": {f"f{n}": 1 for n in range(11)}}, "/filter"),
    ({"filter": {"colour": "red"}}, "/filter/colour"),
    ({"filter": {"name": 5}}, "/filter/name"),
    ({"filter": {"name": True}}, "/filter/name"),
    ({"filter": {"name": {"gte": "b"}}}, "/filter/name"),
    ({"filter": {"name": {"like": "b"}}}, "/filter/name"),
    ({"filter": {"name": {}}}, "/filter/name"),
    ({"filter": {"name": ["a"]}}, "/filter/name"),
    ({"filter": {"name": {"in": "a"}}}, "/filter/name"),
    ({"filter": {"name": {"in": ["a"] * 101}}}, "/filter/name"),
    ({"filter": {"name": "x" * 256}}, "/filter/name"),
    ({"filter": {"notes": "a"}}, "/filter/notes"),
    ({"filter": {"content": "a"}}, "/filter/content"),
    ({"secret": "whsec_AAAA"}, "/secret"),
    ({"state": "disabled"}, "/state"),
]


@pytest.mark.parametrize(("part", "pointer"), BAD, ids=[str(one)[:60] for one, _ in BAD])
def test_what_cannot_be_is_refused(
    api: Api, owner: Owner, tenant: Any, part: dict[str, Any], pointer: str
) -> None:
    body = {"url": URL, "events": ["probe.*"], **part}
    refused = api.post(SUBSCRIPTIONS, body)
    assert (refused.status, refused.error["code"]) == (422, "validation_error"), refused.text
    assert [one["pointer"] for one in refused.error["details"]] == [pointer]
    count = "SELECT count(*) FROM core.webhook_subscriptions WHERE tenant_id = %s"
    assert owner.value(count, tenant.tenant_id) == 0


def test_a_key_subscribes_only_to_what_it_may_read(
    api: Api, key_for: Callable[..., Api], subscribe: Subscribe, owner: Owner, tenant: Any
) -> None:
    writer = key_for("write:core", "read:core")
    for events, missing in ([["probe.created"], "read:probe"], [["*"], "*"]):
        refused = writer.post(SUBSCRIPTIONS, {"url": URL, "events": events})
        assert refused.status == 403
        assert refused.error["details"] == {"requiredScopes": [missing]}
    reader = key_for("write:core", "read:core", "read:probe")
    assert reader.post(SUBSCRIPTIONS, {"url": URL, "events": ["*"]}).status == 403
    made = subscribe("probe.created", client=reader)
    count = "SELECT count(*) FROM core.webhook_subscriptions WHERE tenant_id = %s"
    assert owner.value(count, tenant.tenant_id) == 1

    # Nor does it turn round what others made, or get their secret.
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    other = "https://evil.example.com/"
    assert writer.patch(path, {"url": other}).error["code"] == "insufficient_scope"
    assert writer.patch(path, {"events": ["delivery.died"]}).status == 403
    assert reader.patch(path, {"events": ["*"]}).status == 403
    for action in ("rotate", "recover", "enable"):
        sent = {"since": "2026-01-01T00:00:00Z"} if action == "recover" else {}
        assert writer.post(f"{path}/{action}", sent).error["code"] == "insufficient_scope", action
    shown = api.get(path).data
    assert (shown["url"], shown["events"], shown["version"]) == (URL, ["probe.created"], 1)
    assert key_for("read:core").post(SUBSCRIPTIONS, {}).status == 403
    assert key_for("write:core").get(SUBSCRIPTIONS).status == 403


def test_absent_fields_stay(api: Api, subscribe: Subscribe) -> None:
    made = subscribe(
        description="One", rate=7, concurrency=3, filter={"name": "a"}, headers={"X-A": "1"}
    )
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    changed = api.patch(path, {"description": None}).data
    kept = {name: changed[name] for name in ("rate", "concurrency", "filter", "headers", "events")}
    assert kept == {name: made[name] for name in kept}
    assert (changed["description"], changed["version"]) == (None, 2)
    assert api.patch(path, {"filter": None}).data["filter"] is None
    assert api.patch(path, {}).data["version"] == 3
    # A filter has to fit the events, whichever of them changes.
    api.patch(path, {"filter": {"name": "a"}})
    refused = api.patch(path, {"events": ["delivery.died"]})
    assert refused.error["details"][0]["pointer"] == "/filter/name"
    assert api.get(path).data["events"] == ["probe.*"]


def test_versions_and_idempotency_keys_hold_here_too(
    api: Api, subscribe: Subscribe, owner: Owner, tenant: Any
) -> None:
    made = subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    stale = api.patch(path, {"rate": 5}, headers={"If-Match": '"7"'})
    assert stale.status == 412
    assert api.get(path).headers["ETag"] == '"1"'
    key = {"Idempotency-Key": "one"}
    first = api.post(f"{path}/rotate", {}, headers=key)
    again = api.post(f"{path}/rotate", {}, headers=key)
    assert first.data["secret"] == again.data["secret"]
    assert api.get(path).data["version"] == 2
    stored = owner.value(
        "SELECT body FROM core.idempotency_keys WHERE tenant_id = %s", tenant.tenant_id
    )
    assert first.data["secret"].encode() not in bytes(stored)


def test_another_tenant_has_nothing_of_it(
    api: Api, subscribe: Subscribe, new_tenant: TenantMaker, stored: Stored
) -> None:
    made = subscribe()
    other = api.with_key(new_tenant().api_key)
    assert other.get(SUBSCRIPTIONS).data == []
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    before = stored(made)
    answers = [
        other.get(path),
        other.patch(path, {"url": "https://evil.example.com/"}),
        other.delete(path),
        *(other.post(f"{path}/{one}", {}) for one in ("rotate", "test", "enable", "disable")),
        other.post(f"{path}/recover", {"since": "2026-01-01T00:00:00Z"}),
    ]
    assert [one.status for one in answers] == [404] * len(answers)
    assert stored(made) == before


def test_what_is_done_is_in_the_audit_log_without_secrets(api: Api, subscribe: Subscribe) -> None:
    made = subscribe(headers={"Authorization": "Basic c2VjcmV0"})
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    rotated = api.post(f"{path}/rotate", {}).data["secret"]
    api.patch(path, {"rate": 5, "headers": {"Authorization": "Basic b3RoZXI="}})
    api.delete(path)
    log = api.get("/v1/audit", params={"resourceId": made["id"]})
    assert [one["operation"] for one in log.data] == [
        f"core.webhook_subscriptions.{one}" for one in ("delete", "update", "rotate", "create")
    ]
    assert log.data[1]["changes"] == {
        "rate": {"before": 50, "after": 5},
        "headers": {"changed": True},
    }
    assert log.data[2]["changes"] == {"secrets": {"changed": True}}
    told = api.get("/v1/events", params={"resourceId": made["id"]})
    assert [one["type"] for one in told.data] == [
        f"webhook.{one}" for one in ("deleted", "updated", "rotated", "created")
    ]
    for secret in (made["secret"], rotated, "c2VjcmV0", "b3RoZXI="):
        assert secret not in log.text + told.text


def test_lists_are_filtered_by_state(api: Api, subscribe: Subscribe) -> None:
    one, two = subscribe(), subscribe()
    api.post(f"{SUBSCRIPTIONS}/{one['id']}/disable")
    found = api.get(SUBSCRIPTIONS, params={"state": "enabled"})
    assert [row["id"] for row in found.data] == [two["id"]]
    assert found.meta["total"] == 1
    assert api.get(SUBSCRIPTIONS, params={"colour": "red"}).status == 400


def test_there_are_not_any_number_of_them(
    api: Api, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sparx_core.webhooks import operations

    monkeypatch.setattr(operations, "MAX_SUBSCRIPTIONS", 1)
    subscribe()
    refused = api.post(SUBSCRIPTIONS, {"url": URL, "events": ["probe.*"]})
    assert (refused.status, refused.error["code"]) == (409, "conflict")
    assert api.get(SUBSCRIPTIONS).meta["total"] == 1

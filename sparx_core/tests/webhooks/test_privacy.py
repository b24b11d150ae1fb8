"""Secrets of subscriptions are in no table, log, answer, event or attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner, SentWebhooks, TenantMaker
from sparx_core.webhooks.signing import key_of

from .conftest import ATTEMPTS, DELIVERIES, SUBSCRIPTIONS, Subscribe


def test_secrets_are_kept_nowhere_in_clear(
    api: Api,
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    installation: Runtime,
    owner: Owner,
    tenant: Any,
    new_tenant: TenantMaker,
    capfd: pytest.CaptureFixture[str],
) -> None:
    made = subscribe(headers={"Authorization": "Basic cGFzc3dvcmQ6Z2VoZWlt"}, rate=1000)
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    rotated = api.post(f"{path}/rotate", {}, headers={"Idempotency-Key": "k"}).data["secret"]
    sent_webhooks.answer(500, b"no")
    create_probe()
    api.post(f"{path}/test")
    sent = sent_webhooks()
    assert len(sent) == 2
    assert {one.headers["authorization"] for one in sent} == {"Basic cGFzc3dvcmQ6Z2VoZWlt"}
    assert all(one.headers["x-sparx-signature"].count("v1=") == 2 for one in sent)
    api.post(f"{path}/disable")

    hidden = [
        "cGFzc3dvcmQ6Z2VoZWlt",
        *(s.removeprefix("whsec_") for s in (made["secret"], rotated)),
    ]
    hidden += [key_of(one).hex() for one in (made["secret"], rotated)]
    for one in sent:
        signature = one.headers["x-sparx-signature"]
        hidden += [part.partition("=")[2] for part in signature.split(",")[1:]]
    answers = [
        api.get(path, params={"fields": "*,secrets,deliveries.attempts"}),
        api.get(SUBSCRIPTIONS),
        api.get(DELIVERIES, params={"include": "subscription,attempts"}),
        api.get(ATTEMPTS),
        api.get("/v1/audit"),
        api.get("/v1/events"),
        api.get("/v1/events/feed", params={"after": "beginning"}),
    ]
    assert [one.status for one in answers] == [200] * len(answers)
    assert len(answers[3].data) == 2
    for table in installation.registry.models:
        rows = owner.rows(
            f"SELECT to_jsonb(t)::text FROM {table} t WHERE tenant_id = %s", tenant.tenant_id
        )
        answers += [row for (row,) in rows]
    texts = [one if isinstance(one, str) else one.text for one in answers]
    printed = capfd.readouterr()
    for secret in hidden:
        assert not [text for text in (*texts, printed.out, printed.err) if secret in text]
    hexed = [secret.encode().hex() for secret in hidden]
    assert not [text for text in texts if any(one in text for one in hexed)]

    # And what is not secret is nobody else's either.
    other = api.with_key(new_tenant().api_key)
    assert [other.get(one).data for one in (SUBSCRIPTIONS, DELIVERIES, ATTEMPTS)] == [[], [], []]

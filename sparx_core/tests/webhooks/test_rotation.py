"""Replacing the signing secret, with an overlap and without."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID

import pytest

from sparx_core.encryption import Keyring
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner
from sparx_core.webhooks.secrets import (
    SigningSecret,
    open_headers,
    open_secrets,
    seal_headers,
    seal_secrets,
)

from .conftest import SUBSCRIPTIONS, Subscribe


def test_old_secrets_sign_for_the_overlap_and_five_at_most(
    api: Api, subscribe: Subscribe, owner: Owner, installation: Runtime, tenant: Any
) -> None:
    made = subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}/rotate"

    def live(later: float = 0) -> list[str]:
        sealed = owner.value(
            "SELECT secrets FROM core.webhook_subscriptions WHERE id = %s", made["id"]
        )
        about = (installation.keyring, tenant.tenant_id, UUID(made["id"]))
        return open_secrets(*about, bytes(sealed), time.time() + later)

    newest = [made["secret"]]
    for _ in range(5):
        newest.insert(0, api.post(path, {"overlapSeconds": 3600}).data["secret"])
    assert len(set(newest)) == 6
    assert live() == newest[:5]
    assert live(later=3700) == newest[:1]
    usual = api.post(path).data["secret"]  # a day
    assert live(later=3700) == [usual, newest[0]]
    assert live(later=90_000) == [usual]
    alone = api.post(path, {"overlapSeconds": 0}).data["secret"]
    assert live() == [alone]


def test_a_lost_key_is_got_over_without_an_overlap(
    api: Api, subscribe: Subscribe, owner: Owner, installation: Runtime, tenant: Any
) -> None:
    made = subscribe(headers={"X-A": "1"})
    other = Keyring((b"0" * 32,))
    about = (other, tenant.tenant_id, UUID(made["id"]))
    owner.execute(
        "UPDATE core.webhook_subscriptions SET secrets = %s, headers = %s WHERE id = %s",
        seal_secrets(*about, [SigningSecret(made["secret"])]),
        json.dumps(seal_headers(*about, {"X-A": "1"})),
        made["id"],
    )
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    for answer in (
        api.post(f"{path}/rotate", {}),
        api.patch(path, {"headers": {"X-A": "***"}}),
    ):
        assert (answer.status, answer.error["code"]) == (503, "unavailable")
        assert "SPARX_ENCRYPTION_KEYS" in answer.error["message"]
    assert api.get(path).data["version"] == 1
    fresh = api.post(f"{path}/rotate", {"overlapSeconds": 0}).data["secret"]
    assert api.patch(path, {"headers": {"X-A": "2"}}).status == 200
    row = owner.rows(
        "SELECT secrets, headers FROM core.webhook_subscriptions WHERE id = %s", made["id"]
    )[0]
    about = (installation.keyring, tenant.tenant_id, UUID(made["id"]))
    assert open_secrets(*about, bytes(row[0]), time.time()) == [fresh]
    assert open_headers(*about, row[1]) == {"X-A": "2"}


@pytest.mark.parametrize("seconds", [-1, 604_801, "3600", 1.5, None])
def test_other_overlaps_are_refused(api: Api, subscribe: Subscribe, seconds: Any) -> None:
    made = subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    assert api.post(f"{path}/rotate", {"overlapSeconds": seconds}).status == 422
    assert api.get(path).data["version"] == 1

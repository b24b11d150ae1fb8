"""Replacing the signing secret, with an overlap and without."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner
from sparx_core.webhooks.secrets import open_secrets

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


@pytest.mark.parametrize("seconds", [-1, 604_801, "3600", 1.5, None])
def test_other_overlaps_are_refused(api: Api, subscribe: Subscribe, seconds: Any) -> None:
    made = subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    assert api.post(f"{path}/rotate", {"overlapSeconds": seconds}).status == 422
    assert api.get(path).data["version"] == 1

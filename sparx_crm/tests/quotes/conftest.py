"""Quotes to test with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .offers import PATH, PLAIN, Maker


@pytest.fixture
def create_quote(api: Api, customer: Any) -> Maker:
    """Drafts a quote over the API and returns it."""

    def create(client: Api | None = None, **more: Any) -> Any:
        body = {"customerId": customer["id"], **PLAIN, **more}
        answer = (client or api).post(PATH, body)
        assert answer.status == 201, answer.text
        return answer.data

    return create


@pytest.fixture
def send_quote(api: Api, create_quote: Maker) -> Maker:
    """Drafts and sends a quote; the answer, which has the link."""

    def send(**more: Any) -> Any:
        return api.post(f"{PATH}/{create_quote(**more)['id']}/send").data

    return send


@pytest.fixture
def events_of(owner: Owner) -> Callable[[Any], list[str]]:
    """The types of the events about a row, in order."""

    def told(row: Any) -> list[str]:
        found = owner.rows(
            "SELECT type FROM core.events WHERE aggregate_id = %s ORDER BY position", row["id"]
        )
        return [kind.removeprefix("quote.") for (kind,) in found]

    return told


@pytest.fixture
def approver(api: Api) -> Api:
    """Somebody else who works for the tenant."""
    made = api.post("/v1/keys", {"name": "Approver", "scopes": ["read:crm", "write:crm"]}).data
    return api.with_key(made["key"])

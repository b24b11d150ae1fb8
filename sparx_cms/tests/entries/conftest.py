"""Somebody who writes for a tenant, and somebody who does for another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .writing import TYPES, Desk

Told = Callable[[Any], list[str]]


@pytest.fixture
def desk(api: Api) -> Desk:
    desk = Desk(api)
    desk.add_types(*TYPES)
    return desk


@pytest.fixture
def other_desk(other_api: Api) -> Desk:
    desk = Desk(other_api)
    desk.add_types(*TYPES)
    return desk


@pytest.fixture
def german(desk: Desk) -> None:
    """German beside English, which stands in for it."""
    desk.add_german()


@pytest.fixture
def reader(api: Api) -> Api:
    """Somebody with a key for what is live, and nothing else."""
    made = api.post("/v1/keys", {"name": "Site", "scopes": ["read:cms"]})
    return api.with_key(made.data["key"])


@pytest.fixture
def told(owner: Owner) -> Told:
    """The events about an entry, in order."""

    def told(entry: Any) -> list[str]:
        rows = owner.rows(
            "SELECT type FROM core.events WHERE aggregate_id = %s ORDER BY position", entry["id"]
        )
        return [str(row[0]) for row in rows]

    return told

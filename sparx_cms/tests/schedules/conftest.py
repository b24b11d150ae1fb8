"""A newsroom for each test."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .newsroom import Newsroom


@pytest.fixture
def room(api: Api, tenant: Any, owner: Owner) -> Newsroom:
    """The newsroom of ``tenant``."""
    made = Newsroom(api, tenant, owner)
    made.prepare()
    return made


@pytest.fixture
def other_room(other_api: Api, other_tenant: Any, owner: Owner) -> Newsroom:
    """The newsroom of somebody else."""
    made = Newsroom(other_api, other_tenant, owner)
    made.prepare()
    return made

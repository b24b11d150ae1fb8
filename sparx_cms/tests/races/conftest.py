"""A newsroom for each race."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from ..schedules.newsroom import Newsroom


@pytest.fixture
def room(api: Api, tenant: Any, owner: Owner) -> Newsroom:
    """The newsroom of ``tenant``."""
    made = Newsroom(api, tenant, owner)
    made.prepare()
    return made

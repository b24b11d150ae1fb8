"""Tests of whole processes have a second try.

They watch clocks, sockets and processes that are killed, on machines with two shared cores: once in
some thousand times one of them is too late. What is broken is broken the second time as well, and
every second try is in the summary.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_PROCESSES = tuple(
    str(_ROOT / name)
    for name in (
        "tests/faults",
        "tests/journeys",
        "tests/server",
        "sparx_core/tests/cli",
        # Redis, and a sweep of very many rows against the ten seconds that a statement has.
        "sparx_core/tests/events/test_doorbell.py",
        "sparx_core/tests/server",
        "sparx_core/tests/webhooks_sending",
    )
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).startswith(_PROCESSES):
            item.add_marker(pytest.mark.flaky(reruns=1))

"""Which events are queued for a subscription: by type, by filter, by state."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .conftest import SUBSCRIPTIONS, Subscribe

Queued = Callable[[Any], list[str]]
PASSES = "SELECT core.passes_filter(%s::jsonb, %s::json)"


def test_what_does_not_pass_is_never_queued(
    api: Api, subscribe: Subscribe, queued: Queued, create_probe: Callable[..., Any]
) -> None:
    every, named = subscribe("probe.*"), subscribe("probe.created", filter={"name": "two"})
    several = subscribe("probe.created", filter={"name": {"in": ["one", "two"]}, "code": None})
    for name in ("one", "two", "three"):
        create_probe(name)
    create_probe("two", code="x")
    api.patch(f"{SUBSCRIPTIONS}/{every['id']}", {"filter": {"name": {"ne": "one"}}})
    create_probe("one")
    assert queued(every) == ["probe.created"] * 4
    assert queued(named) == ["probe.created"] * 2
    assert queued(several) == ["probe.created"] * 3


@pytest.mark.parametrize(
    ("wanted", "data", "passes"),
    [
        ({"total": {"gte": 100}}, '{"total": 100.00}', True),
        ({"total": {"gte": 100}}, '{"total": 99.99}', False),
        ({"total": {"gt": 100}}, '{"total": 100}', False),
        ({"total": {"gt": 10, "lt": 20}}, '{"total": 15}', True),
        ({"total": {"gt": 10, "lt": 20}}, '{"total": 20}', False),
        ({"total": {"lte": 20}}, '{"total": null}', False),
        ({"total": {"lte": 20}}, "{}", False),
        ({"total": {"lte": 20}}, '{"total": "5"}', False),
        ({"total": 100}, '{"total": 100.00}', True),
        ({"at": {"gte": "2026-06-05T00:00:00Z"}}, '{"at": "2026-06-05T17:41:09Z"}', True),
        ({"at": {"lt": "2026-06-05T00:00:00Z"}}, '{"at": "2026-06-05T17:41:09Z"}', False),
        ({"status": None}, '{"status": null}', True),
        ({"status": None}, "{}", True),
        ({"status": None}, '{"status": "paid"}', False),
        ({"status": {"ne": "paid"}}, "{}", True),
        ({"status": {"ne": "paid"}}, '{"status": "paid"}', False),
        ({"status": {"nin": ["paid", "open"]}}, '{"status": "open"}', False),
        ({"status": {"in": ["paid", None]}}, "{}", True),
        ({"paid": True}, '{"paid": true}', True),
        ({"paid": True}, '{"paid": "true"}', False),
        ({"a": 1, "b": 2}, '{"a": 1, "b": 3}', False),
        ({"a": 1}, "[1]", False),
        ({"a": "\u00e9\U0001f600"}, '{"a": "\\u00e9\\ud83d\\ude00"}', True),
    ],
)
def test_conditions(owner: Owner, wanted: Any, data: str, passes: bool) -> None:
    assert owner.value(PASSES, json.dumps(wanted), data) is passes


def test_a_disabled_subscription_is_sent_nothing(
    api: Api, subscribe: Subscribe, queued: Queued, create_probe: Callable[..., Any]
) -> None:
    made = subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    disabled = api.post(f"{path}/disable").data
    assert (disabled["state"], disabled["disabledReason"]) == ("disabled", "manual")
    assert disabled["disabledAt"] is not None
    create_probe()
    assert queued(made) == []
    assert api.post(f"{path}/disable").error["code"] == "invalid_transition"
    enabled = api.post(f"{path}/enable", {})
    assert (enabled.data["state"], enabled.data["disabledAt"]) == ("enabled", None)
    assert enabled.data["jobId"] is None
    create_probe()
    assert queued(made) == ["probe.created"]
    assert api.post(f"{path}/enable", {}).error["code"] == "invalid_transition"

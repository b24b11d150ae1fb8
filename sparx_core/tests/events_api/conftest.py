"""Events that happened, and keys that may see some of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, DeliveryRun, Owner

EVENTS, FEED, TYPES = "/v1/events", "/v1/events/feed", "/v1/events/types"
PROBES, DELIVERIES = "/v1/probe/probes", "/v1/deliveries"
#: Seconds after which something never happens.
PATIENCE = 60.0


def get(api: Api, path: str, **query: Any) -> Answer:
    """A GET with these parameters, ``type_in`` being ``type[in]``."""
    params = {}
    for name, value in query.items():
        plain, _, operator = name.partition("_")
        params[f"{plain}[{operator}]" if operator else plain] = value
    return api.get(path, params=params)


def types_of(answer: Answer) -> list[str]:
    return [one["type"] for one in answer.data]


def until(condition: Callable[[], Any], told: str) -> Any:
    """What ``condition`` answers, once it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, f"never: {told}"
        time.sleep(0.02)
    return found


@pytest.fixture
def key_for(api: Api) -> Callable[..., Api]:
    """A client of ``tenant`` with these scopes and no others."""

    def make(*scopes: str) -> Api:
        made = api.post("/v1/keys", {"name": "some", "scopes": list(scopes)})
        return api.with_key(made.data["key"])

    return make


@pytest.fixture
def event_of(owner: Owner) -> Callable[..., str]:
    """The id of the one event of a type about a row."""

    def find(row: Any, type_: str = "probe.created") -> str:
        return str(
            owner.value(
                "SELECT id FROM core.events WHERE aggregate_id = %s AND type = %s",
                row["id"],
                type_,
            )
        )

    return find


# -- replays ---------------------------------------------------------------------------------------


def ago(**units: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**units):%Y-%m-%dT%H:%M:%SZ}"


def later() -> str:
    """A moment after all that the test has done so far: ranges are in whole seconds."""
    return ago(seconds=-5)


@pytest.fixture
def past(owner: Owner, tenant: NewTenant) -> Callable[[], None]:
    """Lets an hour pass since what has happened in the tenant."""

    def let_pass() -> None:
        owner.execute(
            "UPDATE core.events SET occurred_at = occurred_at - interval '1 hour'"
            " WHERE tenant_id = %s",
            tenant.tenant_id,
        )

    return let_pass


@pytest.fixture
def finish(
    api: Api, run_events: DeliveryRun, owner: Owner, tenant: NewTenant
) -> Callable[[str], Any]:
    """Works a replay off, with all the time that it spreads itself over; the job."""

    def work(id: str) -> Any:
        def is_over() -> Any:
            run_events()
            owner.execute(_LET_PASS, tenant.tenant_id, id)
            job = api.get(f"/v1/jobs/{id}").data
            return job if job["state"] not in ("queued", "running") else None

        return until(is_over, "the replay is over")

    return work


#: As if the time had come that the last delivery is due.
_LET_PASS = """
WITH due AS (
    UPDATE core.deliveries SET due_at = clock_timestamp()
     WHERE tenant_id = %s AND state = 'pending')
UPDATE core.jobs SET cursor = cursor || '{"tail": ""}' WHERE id = %s
"""


def replayed(owner: Owner, id: str) -> list[tuple[Any, ...]]:
    return owner.rows(
        "SELECT handler, event_id, position, state, due_at FROM core.deliveries"
        " WHERE replay_id = %s ORDER BY due_at, position",
        id,
    )


def codes_of(answer: Any) -> list[str]:
    return [one["pointer"] for one in answer.error["details"]]

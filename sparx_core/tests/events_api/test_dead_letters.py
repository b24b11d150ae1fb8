"""What handlers gave up, and trying it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core import Conflict, Context
from sparx_core.events import retrying
from sparx_core.events.types import Occurrence
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control
from .conftest import DELIVERIES, ago, codes_of, get, later

Create = Callable[..., Any]
RETRY_ALL = f"{DELIVERIES}/retry"


def refuse(ctx: Context, event: Occurrence) -> None:
    raise Conflict("The stock system says no.")


@pytest.fixture
def dead(
    api: Api, create_probe: Create, control: Control, run_events: DeliveryRun
) -> Callable[..., Any]:
    """Makes a dead delivery to ``probe.react``, and then the handler work again; the delivery."""

    def make(name: str = "one", client: Api | None = None) -> Any:
        control.reaction = refuse
        probe = create_probe(name, client)
        run_events()
        control.reaction = lambda ctx, event: None
        found = get(client or api, DELIVERIES, state="dead", handler="probe.react").data
        (row,) = [one for one in found if one["resourceId"] == probe["id"]]
        return row

    return make


def test_a_dead_delivery_is_listed_with_its_reason_and_tried_again(
    api: Api, dead: Callable[..., Any], control: Control, run_events: DeliveryRun
) -> None:
    row = dead()
    assert row["state"] == "dead"
    assert row["lastError"] == "Conflict: The stock system says no."
    assert row["finishedAt"] is not None
    assert get(api, DELIVERIES, state="dead", eventType="probe.created").meta["total"] == 1
    assert get(api, DELIVERIES, state="dead", createdAt_lte=row["createdAt"]).meta["total"] == 1
    assert get(api, DELIVERIES, state="dead", createdAt_gt=row["createdAt"]).meta["total"] == 0
    control.seen.clear()

    again = api.post(f"{DELIVERIES}/{row['id']}/retry")
    assert again.status == 200
    assert again.data == {
        **row,
        "state": "retry",
        "attempt": 0,
        "version": row["version"] + 1,
        "dueAt": again.data["dueAt"],
        "finishedAt": None,
    }
    assert again.headers["ETag"] == f'"{row["version"] + 1}"'
    run_events()
    assert [str(one.aggregate_id) for one in control.seen] == [row["resourceId"]]
    done = api.get(f"{DELIVERIES}/{row['id']}").data
    assert (done["state"], done["attempt"]) == ("done", 1)
    assert get(api, DELIVERIES, state="dead").data == []


def test_only_what_failed_is_tried_again(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    owner: Owner,
    nothing_written: Callable[[], Any],
) -> None:
    create_probe()
    run_events()
    (row,) = get(api, DELIVERIES, handler="probe.react").data
    path = f"{DELIVERIES}/{row['id']}/retry"
    for state in ("done", "pending", "running", "retry", "skipped"):
        owner.execute("UPDATE core.deliveries SET state = %s WHERE id = %s", state, row["id"])
        with nothing_written():
            answer = api.post(path)
        assert (answer.status, answer.error["code"]) == (409, "invalid_transition")
        assert state in answer.error["message"]
    owner.execute("UPDATE core.deliveries SET state = 'blocked' WHERE id = %s", row["id"])
    stale = api.request("POST", path, headers={"If-Match": '"99"'})
    assert stale.status == 412
    assert api.post(path).data["state"] == "retry"


def test_who_may_have_it_tried_again(
    api: Api,
    other_api: Api,
    dead: Callable[..., Any],
    key_for: Callable[..., Api],
    nothing_written: Callable[[], Any],
) -> None:
    row = dead()
    path = f"{DELIVERIES}/{row['id']}/retry"
    for client, status in (
        (other_api, 404),
        (key_for("read:core", "read:probe", "write:probe"), 403),
        (key_for("write:core"), 403),
        (api.with_key(None), 401),
    ):
        with nothing_written():
            assert client.post(path).status == status
    assert key_for("write:core", "read:probe").post(path).status == 200


def test_a_handler_of_a_module_that_is_off_cannot_try(
    api: Api,
    dead: Callable[..., Any],
    deactivate: Callable[..., None],
    nothing_written: Callable[[], Any],
) -> None:
    row = dead()
    deactivate("addon")
    deactivate("probe")
    with nothing_written():
        answer = api.post(f"{DELIVERIES}/{row['id']}/retry")
        assert api.post(RETRY_ALL).data == {"retried": 0, "more": False}
    assert answer.error["code"] == "module_disabled"


# -- many ------------------------------------------------------------------------------------------


def test_many_are_tried_again_by_what_they_have_in_common(
    api: Api,
    other_api: Api,
    dead: Callable[..., Any],
    run_events: DeliveryRun,
    owner: Owner,
) -> None:
    rows = [dead(name) for name in "abc"]
    theirs = dead("theirs", other_api)
    owner.execute(
        "UPDATE core.deliveries SET created_at = created_at - interval '2 hours' WHERE id = %s",
        rows[0]["id"],
    )
    for body, number in (
        ({"handler": "addon.react_too"}, 0),
        ({"state": "blocked"}, 0),
        ({"eventType": "probe.updated"}, 0),
        ({"to": ago(hours=3)}, 0),
        ({"from": ago(hours=3), "to": ago(hours=1)}, 1),
        ({"handler": "probe.react", "eventType": "probe.created", "to": later()}, 2),
    ):
        assert api.post(RETRY_ALL, body).data == {"retried": number, "more": False}
    run_events()
    assert [api.get(f"{DELIVERIES}/{one['id']}").data["state"] for one in rows] == ["done"] * 3
    left = other_api.get(f"{DELIVERIES}/{theirs['id']}").data
    assert (left["state"], left["version"]) == ("dead", theirs["version"])
    assert other_api.post(RETRY_ALL).data == {"retried": 1, "more": False}


def test_there_is_a_limit_and_more_to_ask_for(
    api: Api, dead: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [dead(name) for name in "abc"]
    monkeypatch.setattr(retrying, "MAX_RETRIED", 2)
    assert api.post(RETRY_ALL, {}).data == {"retried": 2, "more": True}
    assert [one["id"] for one in get(api, DELIVERIES, state="dead").data] == [rows[-1]["id"]]
    assert api.post(RETRY_ALL, {}).data == {"retried": 1, "more": False}


def test_many_of_modules_that_the_key_may_read(
    dead: Callable[..., Any], key_for: Callable[..., Api], api: Api
) -> None:
    dead()
    assert key_for("write:core").post(RETRY_ALL).data == {"retried": 0, "more": False}
    assert get(api, DELIVERIES, state="dead").meta["total"] == 1
    assert key_for("read:core").post(RETRY_ALL).status == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"state": "done"}, "/state"), ({"from": "x"}, "/from"), ({"handler": ""}, "/handler"),
        ({"unknown": 1}, "/unknown"), ({"from": ago(hours=1), "to": ago(hours=2)}, "/from"),
    ],
)  # fmt: skip
def test_what_says_nothing_is_refused(
    api: Api, dead: Callable[..., Any], nothing_written: Callable[[], Any], body: Any, pointer: str
) -> None:
    dead()
    with nothing_written():
        answer = api.post(RETRY_ALL, body)
    assert (answer.status, codes_of(answer)) == (422, [pointer])

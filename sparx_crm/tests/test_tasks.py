"""Tasks: done by whom, due when and where, remembered once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest

from sparx_core.testing import Api, DeliveryRun, Owner

PATH = "/v1/crm/tasks"
NOBODY = "00000000-0000-7000-8000-000000000000"


def at(**away: int) -> str:
    """A time away from now."""
    return (datetime.now(UTC) + timedelta(**away)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def create_task(api: Api) -> Callable[..., Any]:
    """Makes a task."""

    def create(title: str = "Call Ann back", client: Api | None = None, **more: Any) -> Any:
        return (client or api).post(PATH, {"title": title, **more}).data

    return create


@pytest.fixture
def told(owner: Owner, tenant: Any) -> Callable[[], list[str]]:
    """The events about tasks, in their order."""

    def events() -> list[str]:
        rows = owner.rows(
            "SELECT type FROM core.events WHERE tenant_id = %s AND type LIKE 'task.%%'"
            " AND type <> 'task.scheduled' ORDER BY position",
            tenant.tenant_id,
        )
        return [type_.removeprefix("task.") for (type_,) in rows]

    return events


def let_time_pass(owner: Owner, tenant: Any) -> None:
    """Have all reminders be due, as if their time had come."""
    owner.execute(
        "UPDATE crm.tasks SET remind_at = least(remind_at, now()) WHERE tenant_id = %s",
        tenant.tenant_id,
    )
    owner.execute(
        "UPDATE core.deliveries SET due_at = clock_timestamp() WHERE tenant_id = %s AND scheduled"
        " AND state = 'pending'",
        tenant.tenant_id,
    )


def test_from_open_to_done_and_back(
    api: Api, customer: Any, create_task: Callable[..., Any], told: Callable[[], list[str]]
) -> None:
    member = api.post("/v1/members", {"name": "Eve"}).data
    task = create_task(
        description="About the injectors.",
        dueAt="2020-06-05T15:00:00Z",
        customerId=customer["id"],
        assigneeId=member["id"],
    )
    assert (task["status"], task["priority"], task["overdue"]) == ("open", "medium", True)
    assert (task["completedAt"], task["completedBy"]) == (None, None)
    assert task["allowedTransitions"] == ["complete", "cancel"]
    path = f"{PATH}/{task['id']}"
    done = api.post(f"{path}/complete").data
    assert (done["status"], done["overdue"]) == ("done", False)
    assert done["completedBy"]["id"] == api.get("/v1/me").data["actor"]["id"]
    assert done["completedAt"] is not None
    assert done["allowedTransitions"] == ["reopen"]
    again = api.post(f"{path}/complete")
    assert (again.status, again.error["code"]) == (409, "invalid_transition")
    assert again.error["details"] == {"from": "done", "to": "done", "allowed": ["reopen"]}
    reopened = api.post(f"{path}/reopen").data
    assert (reopened["status"], reopened["completedBy"]) == ("open", None)
    cancelled = api.post(f"{path}/cancel").data
    assert (cancelled["status"], cancelled["allowedTransitions"]) == ("cancelled", [])
    for verb in ("complete", "cancel", "reopen"):
        assert api.post(f"{path}/{verb}").status == 409
    assert api.get(path).data == cancelled
    assert told() == ["created", "completed", "reopened", "cancelled"]
    shown = api.get(f"/v1/crm/customers/{customer['id']}", params={"include": "tasks"}).data
    assert [one["id"] for one in shown["tasks"]] == [task["id"]]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": None}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"priority": "asap"}, "priority"),
        ({"dueAt": "tomorrow"}, "dueAt"),
        ({"remindAt": "2026-06-05"}, "remindAt"),
        ({"status": "done"}, "status"),
        ({"overdue": True}, "overdue"),
        ({"completedAt": "2026-06-05T10:00:00Z"}, "completedAt"),
        ({"assigneeId": NOBODY}, "assigneeId"),
        ({"customerId": NOBODY}, "customerId"),
        ({"orderId": NOBODY}, "orderId"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(
    api: Api,
    create_task: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
    sent: dict[str, Any],
    field: str,
) -> None:
    path = f"{PATH}/{create_task()['id']}"
    with nothing_written():
        for answer in (api.post(PATH, {"title": "x", **sent}), api.patch(path, sent)):
            assert (answer.status, answer.error["code"]) == (422, "validation_error")
            assert [one["field"] for one in answer.error["details"]] == [field]


def test_changing_and_deleting(
    api: Api, create_task: Callable[..., Any], told: Callable[[], list[str]]
) -> None:
    task = create_task(dueAt="2026-06-05T15:00:00Z")
    path = f"{PATH}/{task['id']}"
    changed = api.patch(path, {"priority": "urgent", "dueAt": None}).data
    assert (changed["priority"], changed["dueAt"], changed["dueOn"]) == ("urgent", None, None)
    assert changed["title"] == task["title"]
    assert api.patch(path, {"priority": "urgent"}).data == changed
    assert api.delete(path).status == 200
    assert (api.get(path).status, api.post(f"{path}/complete").status) == (404, 404)
    assert told() == ["created", "updated", "deleted"]


@pytest.mark.parametrize("verb", ["complete", "cancel"])
def test_twenty_at_once_do_it_once(
    api: Api, create_task: Callable[..., Any], told: Callable[[], list[str]], verb: str
) -> None:
    path = f"{PATH}/{create_task()['id']}/{verb}"
    answers: list[int] = []
    threads = [Thread(target=lambda: answers.append(api.post(path).status)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [409] * 19
    assert len(told()) == 2


def test_overdue_and_due_today_where_the_tenant_is(
    api: Api, create_task: Callable[..., Any], owner: Owner
) -> None:
    zone = "Pacific/Kiritimati"  # 14 hours ahead: its day begins at 10:00 UTC of the day before
    assert api.patch("/v1/tenant", {"timezone": zone}).status == 200
    today, begins = owner.rows(
        "SELECT d::text, to_char(d::timestamp AT TIME ZONE %s AT TIME ZONE 'UTC',"
        ' \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') FROM (SELECT (now() AT TIME ZONE %s)::date d) _',
        zone,
        zone,
    )[0]
    start = datetime.fromisoformat(begins)
    moments = {"before": -1, "first": 0, "last": 86_399, "after": 86_400}
    for title, seconds in moments.items():
        due = (start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        create_task(title, dueAt=due)
    create_task("whenever")
    late = create_task("late", dueAt=at(minutes=-1))
    done = create_task("late and done", dueAt="2020-01-01T00:00:00Z")
    api.post(f"{PATH}/{done['id']}/complete")

    def titles(**asked: str) -> set[str]:
        found = api.get(PATH, params=asked)
        assert found.meta["total"] == len(found.data)
        return {one["title"] for one in found.data}

    due_today = titles(dueOn="today") - {"late"}
    assert due_today == {"first", "last"}
    assert titles(dueOn=today) - {"late"} == due_today
    assert "after" in titles(dueOn="tomorrow")
    assert "before" in titles(dueOn="yesterday")
    assert {"late", "before"} <= titles(overdue="true")
    assert titles(overdue="true") & {"after", "whenever", "late and done", "last"} <= {"last"}
    assert titles(overdue="true") | titles(overdue="false") == titles()
    assert titles(overdue="true", dueOn="yesterday", status="open") >= {"before"}
    assert api.get(f"{PATH}/{late['id']}").data["overdue"] is True
    first = api.get(PATH, params={"q": "first"}).data[0]
    assert first["dueOn"] == today
    for asked in ({"dueOn": "someday"}, {"dueOn": "2026-02-30"}, {"overdue": "1"}):
        assert api.get(PATH, params=asked).status == 400


def test_a_reminder_comes_once(
    api: Api,
    create_task: Callable[..., Any],
    told: Callable[[], list[str]],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
) -> None:
    task = create_task(remindAt=at(hours=1))
    run_events()
    assert told() == ["created"]
    let_time_pass(owner, tenant)
    run_events()
    assert told() == ["created", "reminder"]
    assert api.get(f"{PATH}/{task['id']}").data["remindedAt"] is not None
    owner.execute(
        "UPDATE core.deliveries SET state = 'pending', due_at = clock_timestamp()"
        " WHERE tenant_id = %s AND scheduled",
        tenant.tenant_id,
    )
    run_events()
    assert told() == ["created", "reminder"], "the worker died before it said that it had run"


def test_a_reminder_that_is_moved_or_taken_back(
    api: Api,
    create_task: Callable[..., Any],
    told: Callable[[], list[str]],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
) -> None:
    path = f"{PATH}/{create_task(remindAt=at(hours=-1))['id']}"
    run_events()
    assert told() == ["created", "reminder"], "its time was over"
    moved = api.patch(path, {"remindAt": at(hours=2)}).data
    assert moved["remindedAt"] is None
    run_events()
    assert told()[2:] == ["updated"]
    api.patch(path, {"title": "Call Bob"})
    let_time_pass(owner, tenant)
    run_events()
    assert told()[3:] == ["updated", "reminder"], "once for each time"
    api.patch(path, {"remindAt": at(hours=3)})
    api.patch(path, {"remindAt": None})
    let_time_pass(owner, tenant)
    run_events()
    assert told().count("reminder") == 2


def test_what_is_over_reminds_of_nothing(
    api: Api,
    create_task: Callable[..., Any],
    told: Callable[[], list[str]],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
) -> None:
    tasks = [create_task(remindAt=at(hours=1)) for _ in range(4)]
    done, cancelled, deleted, reopened = (f"{PATH}/{one['id']}" for one in tasks)
    api.post(f"{done}/complete")
    api.post(f"{cancelled}/cancel")
    api.delete(deleted)
    api.post(f"{reopened}/complete")
    api.post(f"{reopened}/reopen")
    let_time_pass(owner, tenant)
    run_events()
    assert told().count("reminder") == 1
    assert api.get(reopened).data["remindedAt"] is not None
    assert api.get(done).data["remindedAt"] is None


def test_reminding_and_completing_at_once(
    api: Api,
    create_task: Callable[..., Any],
    told: Callable[[], list[str]],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
) -> None:
    paths = [f"{PATH}/{create_task(remindAt=at(hours=1))['id']}" for _ in range(10)]
    let_time_pass(owner, tenant)
    due = run_events.due()
    answers: list[int] = []

    def complete() -> None:
        answers.extend(api.post(f"{path}/complete").status for path in paths)

    threads = [Thread(target=complete), Thread(target=run_events.dispatcher.deliver, args=(due,))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_events()
    assert answers == [200] * 10
    assert told().count("completed") == 10
    reminded = sum(api.get(path).data["remindedAt"] is not None for path in paths)
    assert told().count("reminder") == reminded
    kinds = owner.rows(
        "SELECT array_agg(type ORDER BY position) FROM core.events WHERE tenant_id = %s"
        " AND type IN ('task.reminder', 'task.completed') GROUP BY aggregate_id",
        tenant.tenant_id,
    )
    wanted = (["task.completed"], ["task.reminder", "task.completed"])
    assert all(found in wanted for (found,) in kinds), "what is done reminds of nothing"


def test_nobody_elses(
    api: Api,
    other_api: Api,
    create_task: Callable[..., Any],
    create_customer: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    mine = create_task(dueAt="2020-01-01T00:00:00Z")
    theirs = create_customer(client=other_api)
    member = other_api.post("/v1/members", {"name": "Mallory"}).data
    create_task("Theirs", client=other_api, dueAt="2020-01-01T00:00:00Z")
    found = api.get(PATH, params={"overdue": "true"})
    assert ([one["id"] for one in found.data], found.meta["total"]) == ([mine["id"]], 1)
    path = f"{PATH}/{mine['id']}"
    with nothing_written():
        for verb in ("complete", "cancel", "reopen"):
            assert other_api.post(f"{path}/{verb}").status == 404
        assert other_api.patch(path, {"title": "x"}).status == 404
        assert other_api.delete(path).status == 404
        for name, row in (("customerId", theirs), ("assigneeId", member)):
            refused = api.post(PATH, {"title": "x", name: row["id"]})
            assert refused.status == 422
            assert [one["field"] for one in refused.error["details"]] == [name]

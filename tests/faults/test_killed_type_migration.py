"""kill -9 of the worker in the middle of a migration: what was done stays, all is done once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest

from tests.live.api import Api
from tests.live.installation import Installation
from tests.live.processes import until

pytestmark = pytest.mark.faults

#: One more than a worker migrates in one transaction.
ENTRIES, AT_ONCE = 101, 100
FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "price", "type": "text"},
    {"key": "amount", "type": "integer"},
]


def prepare(api: Api) -> tuple[str, list[str]]:
    """A type with entries; its path, and their ids."""
    body = {"key": "thing", "name": "Thing", "fields": FIELDS}
    made = api.post("/v1/cms/content-types", body).data["id"]
    entries = []
    for number in range(ENTRIES):
        fields = {"title": f"Thing {number}", "price": str(number)}
        answer = api.post("/v1/cms/entries", {"type": "thing", "fields": fields})
        entries.append(answer.data["id"])
    return f"/v1/cms/content-types/{made}", entries


@contextmanager
def locked(installation: Installation, entry: str) -> Iterator[None]:
    """While this lasts nobody can write the entry: a migration stops at it."""
    connection = psycopg2.connect(installation.admin_url())
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM cms.entries WHERE id = %s FOR UPDATE", (entry,))
        yield
    finally:
        connection.rollback()
        connection.close()


def is_waiting(installation: Installation) -> bool:
    with installation.admin() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def migrated(installation: Installation) -> tuple[Any, ...]:
    """Revisions that a migration made, and entries that have one."""
    with installation.admin() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT entry_id) FROM cms.revisions WHERE kind = 'migrated'"
        )
        return tuple(cursor.fetchone())


def test_a_killed_worker_leaves_a_migration_at_the_end_of_a_step(
    install: Callable[..., Installation],
) -> None:
    installation = install()
    installation.json("migrate")
    installation.serve()
    api = installation.new_tenant("acme")
    installation.json("module", "activate", "cms", "--tenant", "acme")
    path, entries = prepare(api)
    ops = [{"op": "copy", "from": "price", "to": "amount"}]
    job = f"/v1/jobs/{api.post(f'{path}/migrations', {'ops': ops}).data['jobId']}"

    with locked(installation, max(entries)):
        worker = installation.worker()
        until(lambda: api.get(job).data["rowsProcessed"] == AT_ONCE, 60, "a step is done")
        until(lambda: is_waiting(installation), 30, "the next one waits")
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    assert api.get(job).data["state"] == "running"
    assert migrated(installation) == (AT_ONCE, AT_ONCE)

    worker = installation.worker()
    until(lambda: api.get(job).data["state"] == "succeeded", 90, "the job is over")
    assert worker.end() == 0
    shown = api.get(job).data
    assert (shown["rowsProcessed"], shown["rowsFailed"]) == (ENTRIES, 0)
    assert migrated(installation) == (ENTRIES, ENTRIES)
    with installation.admin() as cursor:
        cursor.execute("SELECT count(*) FROM core.events WHERE type = 'content.entry.updated'")
        assert cursor.fetchone() == (ENTRIES,)

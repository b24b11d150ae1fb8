"""kill -9 of the worker in the middle of a release: nothing of it is live, and then all of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from tests.live.api import Api
from tests.live.installation import Installation
from tests.live.processes import until

pytestmark = pytest.mark.faults

ENTRIES = 40
FIELDS = [
    {"key": "title", "label": "Title", "type": "text", "required": True},
    {"key": "slug", "label": "Slug", "type": "slug", "unique": True, "sourceField": "title"},
]


def prepare(api: Api) -> str:
    """A release of entries; its path."""
    body = {"key": "news", "name": "News", "pluralName": "News", "fields": FIELDS}
    assert api.post("/v1/cms/content-types", body).status == 201
    release = api.post("/v1/cms/releases", {"title": "Spring"}).data["id"]
    for number in range(ENTRIES):
        fields = {"title": f"News {number}"}
        entry = api.post("/v1/cms/entries", {"type": "news", "fields": fields}).data["id"]
        item = {"releaseId": release, "entryId": entry}
        assert api.post("/v1/cms/releases/items", item).status == 201
    return f"/v1/cms/releases/{release}"


@contextmanager
def slugs_locked(installation: Installation) -> Iterator[None]:
    """While this lasts no slug can be claimed: a release stops when its entries are written."""
    connection = psycopg2.connect(installation.admin_url())
    try:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE cms.claims IN SHARE MODE")
        yield
    finally:
        connection.rollback()
        connection.close()


def is_stopped(installation: Installation) -> bool:
    with installation.admin() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'cms.claims'::regclass"
        )
        return bool(cursor.fetchone()[0])


def live(api: Api) -> int:
    return int(api.get("/v1/cms/entries?type=news&take=1").body["meta"]["total"])


def told(installation: Installation, event: str) -> int:
    with installation.admin() as cursor:
        cursor.execute("SELECT count(*) FROM core.events WHERE type = %s", (event,))
        return int(cursor.fetchone()[0])


def test_a_killed_worker_publishes_nothing_and_another_all_of_it(
    install: Callable[..., Installation],
) -> None:
    installation = install()
    installation.json("migrate")
    installation.serve()
    api = installation.new_tenant("acme")
    installation.json("module", "activate", "cms", "--tenant", "acme")
    path = prepare(api)
    at = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert api.post(f"{path}/schedule", {"at": at}).data["status"] == "scheduled"

    with slugs_locked(installation):
        worker = installation.worker()
        until(lambda: is_stopped(installation), 40, "the worker is in the middle of the release")
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL
        assert (live(api), api.get(path).data["status"]) == (0, "scheduled")
    assert told(installation, "content.entry.published") == 0

    worker = installation.worker()
    until(lambda: api.get(path).data["status"] != "scheduled", 60, "the release is published")
    assert worker.end() == 0
    assert (live(api), api.get(path).data["status"]) == (ENTRIES, "published")
    assert told(installation, "content.entry.published") == ENTRIES
    assert told(installation, "content.release.published") == 1

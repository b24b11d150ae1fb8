"""kill -9 of the worker in the middle of an import of a space: each entry is there once."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest

from tests.live.api import Api
from tests.live.installation import Installation
from tests.live.processes import until

pytestmark = pytest.mark.faults

#: A type takes two tasks, so that the first of the 50 of a step leave two entries for the next one.
ENTRIES, FIRST = 50, 48


def space() -> bytes:
    """A space of a type and its entries, all of them live, as Contentful exports it."""
    link = {"sys": {"type": "Link", "linkType": "ContentType", "id": "note"}}
    title = {"id": "title", "name": "Title", "type": "Symbol", "required": True}
    types = [{"sys": {"id": "note"}, "name": "Note", "displayField": "title", "fields": [title]}]
    entries = [
        {
            "sys": {"id": f"n{number}", "contentType": link, "publishedVersion": 1},
            "fields": {"title": {"en": f"Note {number}"}},
        }
        for number in range(ENTRIES)
    ]
    return json.dumps({"contentTypes": types, "entries": entries}).encode()


def send(api: Api, body: bytes) -> str:
    """The id of an upload that holds a file."""
    made = api.post("/v1/cms/uploads", {"filename": "space.json", "size": len(body)}).data["id"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{api.port}/v1/cms/uploads/{made}/content",
        data=body,
        method="PUT",
        headers={
            "Authorization": f"Bearer {api.key}",
            "Content-Type": "application/octet-stream",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
    return str(made)


@contextmanager
def stopped_at(installation: Installation, external_id: str) -> Iterator[None]:
    """While this lasts nobody can write an entry of this name: an import stops at it."""
    connection = psycopg2.connect(installation.admin_url())
    try:
        with connection.cursor() as cursor:
            # One that is written and not committed, so that another one has to wait for it.
            cursor.execute(
                "INSERT INTO cms.entries (tenant_id, id, content_type_id, external_id, created_by,"
                " updated_by) SELECT tenant_id, gen_random_uuid(), id, %s, 'test', 'test'"
                " FROM cms.content_types WHERE key = 'note'",
                (external_id,),
            )
        yield
    finally:
        connection.rollback()
        connection.close()


def counted(installation: Installation) -> tuple[Any, ...]:
    """Entries, those of different names, and events of their being created."""
    with installation.admin() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM cms.entries), (SELECT count(DISTINCT external_id) FROM"
            " cms.entries), (SELECT count(*) FROM core.events WHERE type = 'content.entry.created')"
        )
        return tuple(cursor.fetchone())


def is_waiting(installation: Installation) -> bool:
    with installation.admin() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_killed_worker_leaves_an_import_at_the_end_of_a_step(
    install: Callable[..., Installation],
) -> None:
    installation = install()
    installation.json("migrate")
    installation.serve()
    api = installation.new_tenant("acme")
    installation.json("module", "activate", "cms", "--tenant", "acme")
    fields = [{"key": "title", "type": "text", "required": True}]
    body = {"key": "note", "name": "Note", "fields": fields, "displayField": "title"}
    assert api.post("/v1/cms/content-types", body).status == 201
    before = counted(installation)
    asked = {"uploadId": send(api, space()), "format": "contentful"}
    job = api.post("/v1/cms/imports", asked).data["jobId"]
    path = f"/v1/jobs/{job}"

    with stopped_at(installation, f"contentful:n{ENTRIES - 1}"):
        worker = installation.worker()
        until(lambda: api.get(path).data["rowsProcessed"] > 0, 60, "a step is done")
        until(lambda: is_waiting(installation), 60, "the next one waits")
        assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    assert api.get(path).data["state"] == "running"
    assert counted(installation)[0] - before[0] == FIRST

    worker = installation.worker()
    until(lambda: api.get(path).data["state"] == "succeeded", 90, "the job is over")
    assert worker.end() == 0
    report = api.get(f"/v1/cms/imports/{job}").data
    assert (report["entries"]["created"], report["entries"]["failed"]) == (ENTRIES, 0)
    assert report["published"] == ENTRIES
    after = counted(installation)
    assert [here - there for here, there in zip(after, before, strict=True)] == [ENTRIES] * 3

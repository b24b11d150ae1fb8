"""kill -9 of the worker that archives or restores a module's rows: nothing lost, nothing twice."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from tests.faults.conftest import Marks
from tests.live.api import Api
from tests.live.chance import Chance
from tests.live.installation import Installation
from tests.live.processes import until

pytestmark = pytest.mark.faults

ROWS, KILLS = 60_000, 1
MODULE = "/v1/modules/marks"


def store(installation: Installation) -> None:
    """Marks in every tenant, as a handler would have left them."""
    connection = psycopg2.connect(installation.admin_url())
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO marks.marks (tenant_id, id, event_id, row, number, created_at)"
            " SELECT t.id, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), n,"
            " clock_timestamp() FROM core.tenants t, generate_series(1, %s) n",
            (ROWS,),
        )
    connection.close()


def stored(installation: Installation, table: str) -> dict[str, tuple[int, str]]:
    """How many rows each tenant has, and a hash of all of them."""
    with installation.admin() as cursor:
        cursor.execute(
            "SELECT t.slug, count(*), md5(string_agg(md5(m::text), '' ORDER BY m.id))"
            f" FROM {table} m JOIN core.tenants t ON t.id = m.tenant_id GROUP BY 1"
        )
        return {slug: (count, digest) for slug, count, digest in cursor.fetchall()}


def kill_in_the_middle(
    installation: Installation, api: Api, chance: Chance, state: str, attempt: int
) -> str:
    """Start a worker and kill it while it moves rows; how far it was."""
    worker = installation.worker()
    far_enough = chance.random.randrange(1, ROWS // 6)

    def is_far() -> bool:
        shown = api.get(MODULE).data
        assert shown["state"] == state, f"too fast for this test: {shown}"
        progress = shown["progress"]
        return progress["attempts"] == attempt and progress["rowsDone"] >= far_enough

    until(is_far, 40, f"{far_enough} rows are done")
    told = str(api.get(MODULE).data["progress"])
    assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    return told


def finished(installation: Installation, api: Api, state: str) -> Any:
    """What the module is once another worker is done, which waits for the lease of the first."""
    worker = installation.worker()
    until(lambda: api.get(MODULE).data["state"] == state, 60, f"the module is {state}")
    assert worker.end() == 0
    return api.get(MODULE).data


def test_a_killed_worker_leaves_all_rows_where_they_were(
    install: Callable[..., Installation], marks: Marks, chance: Chance
) -> None:
    installation = install(**marks.settings)
    installation.migrate()
    installation.serve()
    api = installation.new_tenant("acme")
    installation.new_tenant("globex")
    for slug in ("acme", "globex"):
        installation.json("module", "activate", "marks", "--tenant", slug)
    store(installation)
    before = stored(installation, "marks.marks")
    assert {slug: count for slug, (count, _) in before.items()} == {"acme": ROWS, "globex": ROWS}

    assert api.post(f"{MODULE}/deactivate", None).data["state"] == "deactivating"
    for attempt in range(1, KILLS + 1):
        print(kill_in_the_middle(installation, api, chance, "deactivating", attempt))
        assert stored(installation, "marks.marks") == before, "none has left"
        assert stored(installation, "core.archives") == {}
    shown = finished(installation, api, "inactive")
    assert shown["archivedRows"] == ROWS
    assert stored(installation, "marks.marks") == {"globex": before["globex"]}
    archived = stored(installation, "core.archives")

    assert api.post(f"{MODULE}/activate", None).data["state"] == "activating"
    for attempt in range(1, KILLS + 1):
        print(kill_in_the_middle(installation, api, chance, "activating", attempt))
        assert stored(installation, "marks.marks") == {"globex": before["globex"]}
        assert stored(installation, "core.archives") == archived, "all are in the archive still"
    shown = finished(installation, api, "active")
    assert shown["restored"]["rows"] == ROWS
    assert stored(installation, "marks.marks") == before
    assert stored(installation, "core.archives") == {}

    with installation.admin() as cursor:
        cursor.execute(
            "SELECT handler, state, attempt FROM core.deliveries"
            " WHERE handler LIKE '%_module' ORDER BY 1"
        )
        assert cursor.fetchall() == [
            ("core.archive_module", "done", KILLS + 1),
            ("core.restore_module", "done", KILLS + 1),
        ]
        cursor.execute(
            "SELECT type FROM core.events e JOIN core.tenants t ON t.id = e.tenant_id"
            " WHERE t.slug = 'acme' AND data ->> 'module' = 'marks' ORDER BY position"
        )
        assert [kind for (kind,) in cursor.fetchall()] == [
            "module.activated",
            "module.stopped",
            "module.deactivated",
            "module.recalled",
            "module.activated",
        ]

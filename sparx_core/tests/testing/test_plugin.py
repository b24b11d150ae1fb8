"""The plugin as strangers use it: in a project of their own, with nothing but pytest."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

import sparx_core
from sparx_core import front
from sparx_core.runtime import Runtime
from sparx_core.testing import (
    Api,
    DatabaseServer,
    DeliveryRun,
    Owner,
    SentWebhooks,
    StatementLog,
    TenantMaker,
)
from sparx_core.testing.database import SERVER_VARIABLE

from ..probe.declared import Control

STRANGER = """
import pytest

def test_everything_at_once(api, other_api, anonymous, tenant, owner, run_events, query_count,
                            nothing_written, activate, deactivate, installation):
    with installation.database.transaction("SELECT current_user::text") as row:
        assert row == ("sparx_app",)
    assert api.get("/v1/me").data["tenant"]["slug"] == tenant.slug
    assert other_api.get("/v1/me").data["tenant"]["slug"] != tenant.slug
    assert anonymous.get("/v1/me").status == 401
    with nothing_written():
        assert api.post("/v1/keys", {}).status == 422
    with query_count() as log:
        api.get("/v1/me")
    assert log.count > 0
    assert owner.count("core.tenants") == 2
    assert run_events() == 0

def test_rows_of_the_last_test_are_not_seen(api):
    assert api.get("/v1/keys").meta["total"] == 1

@pytest.mark.modules()
def test_marked(api):
    assert api.get("/v1/me").data["modules"] == []
"""

UNRELATED = """
import sys

def test_nothing_of_sparx_is_loaded():
    heavy = {"peewee", "falcon", "huey", "redis", "psycopg2", "marshmallow", "structlog", "msgspec"}
    assert "sparx_core.testing.plugin" in sys.modules
    assert heavy & set(sys.modules) == set()
"""


def run_pytest(folder: Path, test: str, **environment: str) -> str:
    (folder / "test_it.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider --strict-markers\n")
    kept = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    kept.pop(SERVER_VARIABLE, None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--basetemp", str(folder / "base"), str(folder)],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_stranger(tmp_path: Path, database_server: DatabaseServer, owner: Owner) -> None:
    """On the other kind of server than this session is on, and leaving nothing behind."""
    # Sessions beside this one make and drop databases of their own, which they are connected to.
    left = (
        "SELECT datname FROM pg_database d WHERE datname LIKE %s AND NOT EXISTS ("
        " SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)"
    )
    before = set(owner.rows(left, "sparx_test%"))
    environment = {} if SERVER_VARIABLE in os.environ else {SERVER_VARIABLE: database_server.admin}
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o755)
        told = run_pytest(tmp_path, STRANGER, TMPDIR=temporary, **environment)
        assert "3 passed" in told
        assert list(Path(temporary).glob("sparx*")) == []
    deadline = time.monotonic() + 30
    while set(owner.rows(left, "sparx_test%")) - before:
        assert time.monotonic() < deadline, "a database was left"
        time.sleep(0.2)


def test_unrelated_project_is_not_slowed_down(tmp_path: Path) -> None:
    assert "1 passed" in run_pytest(tmp_path, UNRELATED)


def test_front_door_is_what_it_says() -> None:
    assert set(front.__all__) <= set(dir(sparx_core))
    for name in front.__all__:
        assert getattr(sparx_core, name) is getattr(front, name)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = sparx_core.nonsense
    with pytest.raises(ImportError, match="nonsense"):
        from sparx_core import nonsense  # noqa: F401


# -- the tools notice ------------------------------------------------------------------------------


def test_nothing_written_notices_everything(
    nothing_written: Callable[[], AbstractContextManager[None]],
    api: Api,
    create_probe: Callable[..., Any],
    owner: Owner,
    new_tenant: TenantMaker,
) -> None:
    probe = create_probe()
    changes: list[Callable[[], Any]] = [
        lambda: create_probe(),
        lambda: api.patch(f"/v1/probe/probes/{probe['id']}", {"name": "two"}),
        lambda: api.delete(f"/v1/probe/probes/{probe['id']}"),
        lambda: owner.execute("UPDATE core.counters SET value = value + 1"),
        lambda: owner.execute("UPDATE core.deliveries SET last_error = 'x'"),
        lambda: owner.execute("DELETE FROM core.events WHERE type = 'probe.created'"),
        lambda: new_tenant(),
    ]
    for change in changes:
        with pytest.raises(AssertionError, match="written: "), nothing_written():
            change()
    with nothing_written():
        api.get("/v1/probe/probes")


def test_run_events_works_off_what_belongs_to_the_test(
    run_events: DeliveryRun, create_probe: Callable[..., Any], control: Control, owner: Owner
) -> None:
    elsewhere = owner.count("core.deliveries")
    assert run_events() == 0
    create_probe()
    create_probe("two")
    assert run_events.states() == {"pending": 4}
    assert run_events() == 4
    assert run_events.states() == {"done": 4}
    assert run_events() == 0
    assert len(control.seen) == 2
    assert owner.count("core.deliveries") == elsewhere + 4


def test_sent_webhooks_send_what_is_due_to_a_recorder(
    api: Api, other_api: Api, create_probe: Callable[..., Any], sent_webhooks: SentWebhooks
) -> None:
    for client, host in ((api, "mine"), (other_api, "theirs")):
        made = {"url": f"https://{host}.example/", "events": ["probe.*"]}
        assert client.post("/v1/webhooks/subscriptions", made).status == 201
    probe = create_probe()
    (sent,) = sent_webhooks()
    assert (sent.url, sent.type, sent.data) == ("https://mine.example/", "probe.created", probe)
    create_probe("two", client=other_api)
    sent_webhooks.answer(503)
    assert [one.url for one in sent_webhooks()] == ["https://theirs.example/"]
    assert sent_webhooks.states() == {"delivered": 1, "pending": 1}
    sent_webhooks.answer(204)
    sent_webhooks.make_due()
    assert [one.body for one in sent_webhooks()] == [sent_webhooks.requests[1].body]
    assert sent_webhooks.states() == {"delivered": 2}


def test_query_count_counts_round_trips(
    query_count: Callable[[], AbstractContextManager[StatementLog]], installation: Runtime
) -> None:
    def three() -> None:
        with installation.database.transaction("SELECT 1"):
            installation.database.execute_sql("SELECT 2")

    three()
    with query_count() as log:
        three()
    assert log.count == 3, log.statements
    assert log.statements[1] == "SELECT 2"
    three()
    assert log.count == 3, "it counts inside the block only"


def test_answer_insists_on_what_it_is(api: Api) -> None:
    with pytest.raises(AssertionError, match="404"):
        _ = api.get("/v1/nothing").data
    with pytest.raises(AssertionError, match="200"):
        _ = api.get("/v1/me").error


@pytest.mark.modules("probe")
def test_mark_chooses_the_modules(api: Api, other_api: Api) -> None:
    for client in (api, other_api):
        assert client.get("/v1/me").data["modules"] == ["probe"]


def test_tenants_options(new_tenant: TenantMaker, anonymous: Api) -> None:
    made = new_tenant("yen", currency="JPY", modules=[], name="Ichi")
    me = anonymous.with_key(made.api_key).get("/v1/me").data
    assert (me["tenant"]["currency"], me["tenant"]["name"], me["modules"]) == ("JPY", "Ichi", [])
    assert me["tenant"]["slug"].startswith("yen-")
    assert new_tenant.made == [made.tenant_id]

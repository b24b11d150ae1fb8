"""``sparx check``: says what is wrong, and fails then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from sparx_core.db.urls import resolve_urls
from sparx_core.settings import Settings

if TYPE_CHECKING:
    from conftest import Sparx


def problems(found: Any) -> dict[str, list[str]]:
    return {one["name"]: one["problems"] for one in found["checks"]}


def owner(sparx: Sparx, text: str) -> None:
    urls = resolve_urls(Settings.load({"SPARX_HOME": str(sparx.home)}))
    connection = psycopg2.connect(urls.require_owner())
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET ROLE sparx_owner")
            cursor.execute(text)
    finally:
        connection.close()


def test_fresh_database_has_all_its_walls(sparx: Sparx) -> None:
    found = sparx.json("check", "--fresh", TMPDIR=str(sparx.home.parent))
    assert found["ok"] is True
    assert set(problems(found)) == {
        "settings",
        "server and login",
        "modules",
        "migrations",
        "walls between tenants",
    }
    assert not list(sparx.home.parent.glob("sparx-check-*"))  # nothing is left


def test_installation_is_looked_at_and_not_changed(sparx: Sparx) -> None:
    assert sparx.json("check")["ok"] is True
    lines = sparx("check").stdout.splitlines()
    assert lines
    assert all(line.startswith("ok ") for line in lines)


@pytest.mark.parametrize(
    ("breaking", "repairing"),
    [
        (
            "ALTER TABLE core.events NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE core.events FORCE ROW LEVEL SECURITY",
        ),
        (
            "GRANT TRUNCATE ON core.api_keys TO sparx_app",
            "REVOKE TRUNCATE ON core.api_keys FROM sparx_app",
        ),
    ],
    ids=["row-level security", "grant"],
)
def test_broken_wall_fails_the_check(sparx: Sparx, breaking: str, repairing: str) -> None:
    owner(sparx, breaking)
    try:
        done = sparx("check")
        assert done.returncode == 1
        assert "WRONG   walls between tenants" in done.stdout
        assert "Error:" in done.stderr
    finally:
        owner(sparx, repairing)
    assert sparx.json("check")["ok"] is True


def test_unknown_variable_and_broken_module_fail_the_check(sparx: Sparx, tmp_path: Any) -> None:
    info = tmp_path / "sparx_broken-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sparx-broken\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[sparx.modules]\nbroken = sparx_broken:module\n")
    done = sparx("check", PYTHONPATH=str(tmp_path), SPARX_COLOUR="blue")
    assert done.returncode == 1
    assert "WRONG   settings: SPARX_COLOUR" in done.stdout
    assert "WRONG   modules: broken (sparx-broken)" in done.stdout


def test_database_that_is_behind_says_what_to_run(sparx: Sparx, tmp_path: Any) -> None:
    fresh = type(sparx)(tmp_path / "home")
    done = fresh("check")
    assert done.returncode == 1
    assert "Run: sparx migrate" in done.stdout

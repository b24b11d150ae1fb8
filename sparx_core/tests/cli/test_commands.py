"""The commands: their results, their errors, their exit codes."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from sparx_core.cli import COMMANDS
from sparx_core.db.urls import resolve_urls
from sparx_core.settings import Settings
from sparx_core.version import VERSION

if TYPE_CHECKING:
    from conftest import Sparx

KEY = re.compile(r"sk_live_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}")


def count(sparx: Sparx, text: str) -> int:
    urls = resolve_urls(Settings.load({"SPARX_HOME": str(sparx.home)}))
    connection = psycopg2.connect(urls.require_owner())
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(text)
            (number,) = cursor.fetchone()
    finally:
        connection.close()
    assert isinstance(number, int)
    return number


def test_help_names_every_command_and_starts_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sparx_core.cli", "--help"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    for name, line in COMMANDS.items():
        assert re.search(rf"^  {name}\s+{re.escape(line)}$", done.stdout, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_begins_as_the_list_says(sparx: Sparx, name: str) -> None:
    done = sparx(name, "--help")
    assert done.returncode == 0
    assert COMMANDS[name].rstrip(".").split("(")[0].strip() in " ".join(done.stdout.split())


def test_version(sparx: Sparx) -> None:
    assert VERSION in sparx("--version").stdout


def test_migrate_again_changes_nothing(sparx: Sparx) -> None:
    assert sparx.json("migrate") == {"applied": []}


def test_command_before_migration_says_what_to_run(sparx: Sparx, tmp_path: Path) -> None:
    fresh = type(sparx)(tmp_path / "home")
    for arguments in (("tenant", "list"), ("tenant", "create", "acme"), ("module", "list")):
        code, error = fresh.error(*arguments)
        assert (code, error["code"]) == (1, "migrations_pending")
        assert "sparx migrate" in error["message"]


def test_tenant_create_prints_exactly_three_things(sparx: Sparx) -> None:
    made = sparx.json("tenant", "create", "three", "--currency", "EUR", "--name", "Three & Co")
    assert list(made) == ["tenantId", "slug", "apiKey"]
    assert made["slug"] == "three"
    assert KEY.fullmatch(made["apiKey"])
    (row,) = [one for one in sparx.json("tenant", "list")["tenants"] if one["slug"] == "three"]
    assert row == {
        "tenantId": made["tenantId"],
        "slug": "three",
        "name": "Three & Co",
        "currency": "EUR",
        "modules": [],
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("twice",), "tenant_exists"),
        (("Not_A_Slug",), "invalid_slug"),
        (("fine", "--modules", "nothing"), "unknown_module"),
        (("fine", "--currency", "usd"), "tenant_error"),
    ],
)
def test_tenant_that_cannot_be_made_is_not_made(
    sparx: Sparx, arguments: tuple[str, ...], code: str
) -> None:
    if code == "tenant_exists":
        sparx.json("tenant", "create", "twice")
    before = count(sparx, "SELECT count(*) FROM core.tenants")
    assert sparx.error("tenant", "create", *arguments)[0] == 1
    assert sparx.error("tenant", "create", *arguments)[1]["code"] == code
    assert count(sparx, "SELECT count(*) FROM core.tenants") == before


def test_people_get_text_and_no_json(sparx: Sparx) -> None:
    done = sparx("tenant", "create", "people")
    assert KEY.search(done.stdout)
    assert "shown this once" in done.stdout
    assert "{" not in done.stdout
    assert done.stderr == ""  # no progress where nobody watches
    assert re.search(r"^people +people +USD +-$", sparx("tenant", "list").stdout, re.M)


def test_keys_are_made_listed_and_revoked(sparx: Sparx) -> None:
    sparx.json("tenant", "create", "keyed")
    made = sparx.json(
        "key", "create", "--tenant", "keyed", "--name", "Shop",
        "--scopes", "read:core, write:core", "--expires-in", "90d",
    )  # fmt: skip
    assert KEY.fullmatch(made["apiKey"])
    assert made["scopes"] == ["read:core", "write:core"]
    listed = {one["keyId"]: one for one in sparx.json("key", "list", "--tenant", "keyed")["keys"]}
    assert len(listed) == 2  # the first key and this one; not the one that the command came with
    assert listed[made["keyId"]]["name"] == "Shop"
    assert listed[made["keyId"]]["state"] == "active"
    assert listed[made["keyId"]]["expiresAt"] is not None
    assert "apiKey" not in listed[made["keyId"]]
    revoked = sparx.json("key", "revoke", made["keyId"], "--tenant", "keyed")
    assert revoked["state"] == "revoked"
    assert sparx.json("key", "revoke", made["keyId"], "--tenant", "keyed") == revoked
    text = sparx("key", "list", "--tenant", "keyed").stdout
    assert re.search(rf"^{made['keyId']} +Shop +revoked", text, re.MULTILINE)


def test_key_of_another_tenant_is_not_found(sparx: Sparx) -> None:
    one = sparx.json("tenant", "create", "mine")
    sparx.json("tenant", "create", "theirs")
    key_id = one["apiKey"][8:16]
    code, error = sparx.error("key", "revoke", key_id, "--tenant", "theirs")
    assert (code, error["code"]) == (1, "not_found")
    (row,) = sparx.json("key", "list", "--tenant", "mine")["keys"]
    assert row["state"] == "active"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (("key", "create", "--tenant", "nobody"), 1, "tenant_unknown"),
        (("key", "list", "--tenant", "nobody"), 1, "tenant_unknown"),
        (("key", "create"), 2, "usage_error"),
        (("key", "create", "--tenant", "x", "--expires-in", "soon"), 2, "usage_error"),
        (("module", "activate", "core", "--tenant", "demo-x"), 1, "tenant_unknown"),
        (("nonsense",), 2, "usage_error"),
        (("tenant", "create"), 2, "usage_error"),
        (("migrate", "--fast"), 2, "usage_error"),
    ],
)
def test_errors_have_a_code_and_an_exit_code(
    sparx: Sparx, arguments: tuple[str, ...], exit_code: int, code: str
) -> None:
    found, error = sparx.error(*arguments)
    assert (found, error["code"]) == (exit_code, code)
    done = sparx(*arguments)
    assert done.returncode == exit_code
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_scope_that_is_none_is_refused(sparx: Sparx) -> None:
    sparx.json("tenant", "create", "scoped")
    code, error = sparx.error("key", "create", "--tenant", "scoped", "--scopes", "all")
    assert (code, error["code"]) == (1, "validation_error")
    assert "scopes" in error["message"]


def test_modules_are_listed_with_what_is_broken(sparx: Sparx, tmp_path: Path) -> None:
    # A distribution whose module cannot be loaded, as pip would leave it.
    info = tmp_path / "sparx_broken-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sparx-broken\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[sparx.modules]\nbroken = sparx_broken:module\n")
    listed = sparx.json("module", "list", PYTHONPATH=str(tmp_path))
    (broken,) = listed["quarantined"]
    assert broken["key"] == "broken"
    assert broken["distribution"] == "sparx-broken"
    assert "sparx_broken" in broken["reason"]
    assert all(one["key"] != "core" for one in listed["modules"])
    assert all(one["provides"]["resources"] for one in listed["modules"])
    assert "sparx-broken" in sparx("module", "list", PYTHONPATH=str(tmp_path)).stdout


def test_wrong_settings_are_all_named(sparx: Sparx) -> None:
    code, error = sparx.error("tenant", "list", PORT="x", SPARX_LOG_LEVEL="loud")
    assert (code, error["code"]) == (1, "invalid_settings")
    assert "PORT" in error["message"]
    assert "SPARX_LOG_LEVEL" in error["message"]


def test_unknown_setting_is_warned_about(sparx: Sparx) -> None:
    assert "SPARX_COLOUR" in sparx("tenant", "list", SPARX_COLOUR="blue").stderr
    sparx.json("tenant", "list", SPARX_COLOUR="blue")


def test_unreachable_database_is_one_line(sparx: Sparx) -> None:
    url = "postgresql://admin:hunter2@127.0.0.1:1/shop"
    code, error = sparx.error("migrate", SPARX_DATABASE_URL=url)
    assert (code, error["code"]) == (1, "database_unusable")
    assert "hunter2" not in error["message"]


def test_operator_command_without_owner_says_which_variable(sparx: Sparx) -> None:
    urls = resolve_urls(Settings.load({"SPARX_HOME": str(sparx.home)}))
    code, error = sparx.error("tenant", "list", SPARX_DATABASE_URL=urls.app)
    assert (code, error["code"]) == (1, "database_unusable")
    assert "SPARX_OWNER_DATABASE_URL" in error["message"]


def test_serving_as_the_owner_is_refused(sparx: Sparx) -> None:
    urls = resolve_urls(Settings.load({"SPARX_HOME": str(sparx.home)}))
    owner = urls.require_owner()
    code, error = sparx.error(
        "tenant", "list", SPARX_DATABASE_URL=owner, SPARX_OWNER_DATABASE_URL=owner
    )
    assert (code, error["code"]) == (1, "database_unusable")
    assert "superuser" in error["message"]


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_taken_port_is_named_with_the_way_out(sparx: Sparx, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, error = sparx.error(command, PORT=port)
    assert (code, error["code"]) == (1, "port_taken")
    assert port in error["message"]
    assert "PORT=" in error["message"]


def test_reader_that_goes_away_is_no_error(sparx: Sparx) -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m sparx_core.cli tenant list | true"],
        env=sparx.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr

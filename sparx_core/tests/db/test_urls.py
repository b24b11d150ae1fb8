"""The three ways to a database: embedded, an administrator's, given."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from sparx_core.db import embedded
from sparx_core.db.dsn import DatabaseSetupError, built, masked, with_deadlines, with_login
from sparx_core.db.roles import APP, DISPATCH, OWNER, provision_roles, require_version
from sparx_core.db.urls import DatabaseUnavailable, provision_given, resolve_urls
from sparx_core.settings import Settings


def settings(home: Path, **urls: str) -> Settings:
    return Settings.load({"SPARX_HOME": str(home), **urls})


def rows(url: str, text: str, *values: object) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that asks for passwords: the administrator's URL."""
    home = tmp_path_factory.mktemp("server")
    url = embedded.ensure_running(home)
    rows(url, "ALTER ROLE postgres PASSWORD 'admin'")
    hba = home / "postgres" / "pg_hba.conf"
    hba.write_text("local all all scram-sha-256\n")
    rows(url, "SELECT pg_reload_conf()")
    yield with_login(url, "postgres", "admin")
    assert embedded.stop(home)


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    """An empty database on it."""
    name = f"t_{abs(hash(request.node.nodeid))}"
    rows(server, f"CREATE DATABASE {name}")
    return built({**parse_dsn(server), "dbname": name})


def test_nothing_set_is_embedded(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        urls = resolve_urls(settings(home))
        assert rows(urls.app, "SELECT current_user::text, current_database()::text") == [
            (APP, "sparx")
        ]
        assert rows(urls.dispatch, "SELECT current_user::text") == [(DISPATCH,)]
        assert rows(urls.require_owner(), "SET ROLE sparx_owner; SELECT 1") == [(1,)]
        assert resolve_urls(settings(home)) == urls
        file = home / "credentials.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    finally:
        assert embedded.stop(home)


def test_administrator_gets_roles_that_can_do_nothing_more_than_serve(
    tmp_path: Path, database: str
) -> None:
    urls = resolve_urls(settings(tmp_path, SPARX_DATABASE_URL=database))
    found = rows(
        urls.require_owner(),
        "SELECT rolname::text, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole,"
        " rolinherit FROM pg_roles WHERE rolname LIKE 'sparx%%' ORDER BY 1",
    )
    assert found == [
        (APP, True, False, False, False, False, False),
        (DISPATCH, True, False, False, False, False, False),
        (OWNER, False, False, False, False, False, True),
    ]
    for url in (urls.app, urls.dispatch):
        assert rows(
            url,
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),"
            " current_setting('idle_in_transaction_session_timeout'), current_setting('jit')",
        ) == [("10s", "2s", "15s", "off")]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(url, "CREATE SCHEMA mine")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(url, "SET ROLE sparx_owner")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(url, "CREATE TABLE public.mine (id int)")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(url, "CREATE TEMPORARY TABLE mine (id int)")
    assert parse_dsn(urls.app)["tcp_user_timeout"] == "5000"
    assert parse_dsn(urls.app)["connect_timeout"] == "3"


def test_passwords_are_kept_and_made_anew_when_lost(tmp_path: Path, database: str) -> None:
    given = settings(tmp_path, SPARX_DATABASE_URL=database)
    urls = resolve_urls(given)
    assert resolve_urls(given) == urls
    (tmp_path / "credentials.json").unlink()
    again = resolve_urls(given)
    assert again.app != urls.app
    assert rows(again.app, "SELECT current_user::text") == [(APP,)]


def test_two_databases_of_one_server_share_the_roles(
    tmp_path: Path, server: str, database: str
) -> None:
    first = resolve_urls(settings(tmp_path, SPARX_DATABASE_URL=database))
    rows(server, f"CREATE DATABASE {parse_dsn(database)['dbname']}_second")
    second_url = built({**parse_dsn(database), "dbname": f"{parse_dsn(database)['dbname']}_second"})
    second = resolve_urls(settings(tmp_path, SPARX_DATABASE_URL=second_url))
    for urls in (first, second):
        assert rows(urls.app, "SELECT current_user::text") == [(APP,)]
        assert rows(urls.require_owner(), "SET ROLE sparx_owner; CREATE SCHEMA one; SELECT 1") == [
            (1,)
        ]


def test_rights_that_were_widened_are_taken_back(tmp_path: Path, database: str) -> None:
    given = settings(tmp_path, SPARX_DATABASE_URL=database)
    resolve_urls(given)
    rows(database, f"ALTER ROLE {APP} BYPASSRLS CREATEDB INHERIT")
    rows(database, "GRANT CREATE ON SCHEMA public TO PUBLIC")
    rows(database, f"ALTER ROLE {APP} RESET statement_timeout")
    provision_roles(database, app_password="x", dispatch_password="x")
    assert rows(
        database,
        "SELECT rolbypassrls, rolcreatedb, rolinherit,"
        " has_schema_privilege(%s, 'public', 'CREATE') FROM pg_roles WHERE rolname = %s",
        APP,
        APP,
    ) == [(False, False, False, False)]
    app = resolve_urls(given).app  # the password was left alone
    assert rows(app, "SELECT current_setting('statement_timeout')") == [("10s",)]


def test_processes_that_provision_at_once_agree(tmp_path: Path, server: str, database: str) -> None:
    other = f"{parse_dsn(database)['dbname']}_other"
    rows(server, f"CREATE DATABASE {other}")
    script = (
        "from sparx_core.settings import Settings; from sparx_core.db.urls import resolve_urls;"
        "print(resolve_urls(Settings.load()).app)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env={
                **os.environ,
                "SPARX_HOME": str(tmp_path),
                "SPARX_DATABASE_URL": built({**parse_dsn(database), "dbname": name}),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in (parse_dsn(database)["dbname"], other) * 3
    ]
    printed = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0] * 6
    assert len({parse_dsn(url)["password"] for url in printed}) == 1
    for url in set(printed):
        assert rows(url, "SELECT current_user::text") == [(APP,)]


def test_role_with_createrole_is_administrator_enough(tmp_path: Path, server: str) -> None:
    rows(server, "CREATE ROLE hosted LOGIN CREATEROLE CREATEDB PASSWORD 'hosted'")
    for role in (APP, DISPATCH, OWNER):
        if rows(server, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
            rows(server, f"GRANT {role} TO hosted WITH ADMIN OPTION")
    rows(server, "CREATE DATABASE hosted OWNER hosted")
    url = built({**parse_dsn(server), "user": "hosted", "password": "hosted", "dbname": "hosted"})
    urls = resolve_urls(settings(tmp_path, SPARX_DATABASE_URL=url))
    assert rows(urls.app, "SELECT current_user::text") == [(APP,)]
    assert rows(urls.require_owner(), "SET ROLE sparx_owner; CREATE SCHEMA two; SELECT 1") == [(1,)]


def test_given_urls_are_taken_as_they_are(tmp_path: Path) -> None:
    urls = resolve_urls(
        settings(
            tmp_path,
            SPARX_DATABASE_URL="postgresql://sparx_app:p%40ss@db.internal:6432/shop?connect_timeout=9",
            SPARX_OWNER_DATABASE_URL="postgresql://admin@db.internal/shop",
        )
    )
    app, dispatch = parse_dsn(urls.app), parse_dsn(urls.dispatch)
    assert (app["user"], app["password"], app["host"], app["port"]) == (
        APP,
        "p@ss",
        "db.internal",
        "6432",
    )
    assert app["connect_timeout"] == "9"
    assert app["tcp_user_timeout"] == "5000"
    assert (dispatch["user"], dispatch["password"], dispatch["dbname"]) == (
        DISPATCH,
        "p@ss",
        "shop",
    )
    assert parse_dsn(urls.require_owner())["user"] == "admin"
    assert not (tmp_path / "credentials.json").exists()


def test_serving_machine_needs_no_owner_until_a_command_does(tmp_path: Path) -> None:
    urls = resolve_urls(
        settings(tmp_path, SPARX_DATABASE_URL="postgresql://sparx_app:x@db.internal/shop")
    )
    with pytest.raises(DatabaseSetupError, match="SPARX_OWNER_DATABASE_URL"):
        urls.require_owner()


def test_given_passwords_are_used_for_roles_that_are_missing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("own")
    admin = embedded.ensure_running(home)
    try:
        rows(admin, "CREATE DATABASE shop")
        shop = {**parse_dsn(admin), "dbname": "shop"}
        urls = resolve_urls(
            settings(
                tmp_path,
                SPARX_DATABASE_URL=built({**shop, "user": APP, "password": "given"}),
                SPARX_OWNER_DATABASE_URL=built(shop),
            )
        )
        provision_given(urls)
        provision_given(urls)
        (home / "postgres" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        rows(admin, "SELECT pg_reload_conf()")
        assert rows(urls.app, "SELECT current_user::text") == [(APP,)]
        assert rows(urls.dispatch, "SELECT current_user::text") == [(DISPATCH,)]
    finally:
        assert embedded.stop(home)


def test_owner_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseSetupError, match="SPARX_DATABASE_URL"):
        resolve_urls(settings(tmp_path, SPARX_OWNER_DATABASE_URL="postgresql://a@b/c"))


@pytest.mark.parametrize(
    "url",
    ["postgresql://admin:hunter2@127.0.0.1:1/shop", "postgresql://admin:hunter2@h:notaport/shop"],
)
def test_useless_url_is_explained_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(DatabaseSetupError) as raised:
        resolve_urls(settings(tmp_path, SPARX_DATABASE_URL=url))
    assert "hunter2" not in str(raised.value)


def test_unreachable_server_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"postgresql://admin@127.0.0.1:1/shop"):
        resolve_urls(settings(tmp_path, SPARX_DATABASE_URL="postgresql://admin@127.0.0.1:1/shop"))


def test_credentials_are_separate_for_each_server(tmp_path: Path, database: str) -> None:
    resolve_urls(settings(tmp_path, SPARX_DATABASE_URL=database))
    try:
        resolve_urls(settings(tmp_path))
        assert len(json.loads((tmp_path / "credentials.json").read_text())) == 2
    finally:
        assert embedded.stop(tmp_path)


@pytest.mark.parametrize(
    ("version", "accepted"),
    [
        (140020, False), (150013, False), (150014, True), (160009, False), (160010, True),
        (170005, False), (170006, True), (180000, True), (190001, True), (90624, False),
    ],
)  # fmt: skip
def test_servers_with_known_holes_are_refused(version: int, accepted: bool) -> None:
    class Connection:
        server_version = version

    if accepted:
        require_version(Connection())
    else:
        with pytest.raises(DatabaseSetupError, match="too old"):
            require_version(Connection())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%2F%40%3A@h:1/d",
        "postgres://u@/d?host=/var/run/postgresql&port=6000",
        "postgresql://u:p@h1:1,h2:2/d?target_session_attrs=read-write",
        "postgresql://[::1]:5433/d",
        "postgresql:///d",
    ],
)
def test_rebuilt_urls_mean_the_same(url: str) -> None:
    before = parse_dsn(url)
    after = parse_dsn(with_deadlines(url))
    assert {name: after[name] for name in before} == before
    assert parse_dsn(with_login(url, "other"))["user"] == "other"
    assert "p%2F" not in masked(url)

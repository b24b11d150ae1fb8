"""Which three URLs an installation connects with: found, made, or given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, sql

from sparx_core.db import embedded
from sparx_core.db.credentials import ServerCredentials, stored
from sparx_core.db.dsn import DatabaseSetupError, built, masked, parsed, with_deadlines, with_login
from sparx_core.db.roles import (
    APP,
    DISPATCH,
    STATE,
    provision_roles,
    require_version,
    standing,
)
from sparx_core.settings import Settings

EMBEDDED_DATABASE = "sparx"


class DatabaseUnavailable(DatabaseSetupError):
    """The server cannot be reached, or refuses the login."""


@dataclass(frozen=True)
class DatabaseUrls:
    """URLs with deadlines, for ``sparx_app``, a member of ``sparx_owner``, ``sparx_dispatch``.

    ``owner`` is empty on a machine that was not given one: use :meth:`require_owner`.
    """

    app: str
    owner: str
    dispatch: str

    def require_owner(self) -> str:
        """The owner's URL. Raises ``DatabaseSetupError`` if this installation has none."""
        if not self.owner:
            raise DatabaseSetupError(
                "This command needs the owner of the database: set SPARX_OWNER_DATABASE_URL to"
                " the URL of an administrator or of a login that is a member of sparx_owner."
            )
        return self.owner

    def __repr__(self) -> str:
        # Passwords must not get into a log by way of a repr.
        return f"DatabaseUrls(app={masked(self.app)!r})"


def resolve_urls(
    settings: Settings, report: Callable[[str], None] = lambda _: None
) -> DatabaseUrls:
    """The URLs that the settings mean; starts the embedded server and makes roles if need be.

    Raises ``DatabaseSetupError`` or ``EmbeddedError`` with a message for the operator.
    """
    given = settings.database_url
    others = (settings.owner_database_url, settings.dispatch_database_url)
    if given is None:
        if any(others):
            raise DatabaseSetupError(
                "SPARX_OWNER_DATABASE_URL and SPARX_DISPATCH_DATABASE_URL stand beside"
                " SPARX_DATABASE_URL (the login sparx_app): set that one too."
            )
        admin = _embedded(settings.home, report)
        return _provisioned(admin, settings.home, "embedded", EMBEDDED_DATABASE)
    parts = parsed(given)
    if any(others) or parts.get("user") == APP:
        return _given(settings, given)
    server = f"{parts.get('host', '')}:{parts.get('port', '')}"
    database = parts.get("dbname") or parts.get("user", "")
    known = stored(settings.home).get(server)
    if known is None or database not in known.databases:
        connection = connect(given)
        try:
            require_version(connection)
            if not standing(connection).administrator:
                return _given(settings, given)
        finally:
            connection.close()
    return _provisioned(given, settings.home, server, database)


def connect(url: str) -> Any:
    """A psycopg2 connection. Raises ``DatabaseUnavailable`` without the password in it."""
    try:
        return psycopg2.connect(with_deadlines(url))
    except psycopg2.OperationalError as error:
        raise DatabaseUnavailable(
            f"The database {masked(url)} does not answer: {str(error).strip()}"
        ) from None


def provision_given(urls: DatabaseUrls) -> None:
    """Make the roles with the passwords of the URLs if they are missing and the owner may.

    For an installation that was given all its URLs; existing passwords are left alone.
    """
    connection = connect(urls.require_owner())
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
            )
            (may_make_roles,) = cursor.fetchone()
    finally:
        connection.close()
    app, dispatch = parsed(urls.app), parsed(urls.dispatch)
    if may_make_roles and (app.get("user"), dispatch.get("user")) == (APP, DISPATCH):
        provision_roles(
            urls.owner,
            app_password=app.get("password", ""),
            dispatch_password=dispatch.get("password", ""),
        )


def _given(settings: Settings, app: str) -> DatabaseUrls:
    owner = settings.owner_database_url
    dispatch = settings.dispatch_database_url or with_login(app, DISPATCH)
    return DatabaseUrls(
        app=with_deadlines(app),
        owner=with_deadlines(owner, "sparx-owner") if owner else "",
        dispatch=with_deadlines(dispatch, "sparx-dispatch"),
    )


def _embedded(home: Path, report: Callable[[str], None]) -> str:
    admin = embedded.ensure_running(home, report)
    parts = parsed(admin)
    connection = psycopg2.connect(admin)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", (EMBEDDED_DATABASE,))
            if cursor.fetchone() is None:
                create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(EMBEDDED_DATABASE))
                cursor.execute(create)
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        pass  # another process was faster
    finally:
        connection.close()
    return built({**parts, "dbname": EMBEDDED_DATABASE})


def _provisioned(admin: str, home: Path, server: str, database: str) -> DatabaseUrls:
    """URLs of the roles that Sparx made on this server, which it makes if they do not work."""
    with stored(home).locked() as file:
        known = file.get(server) or ServerCredentials.fresh()
        urls = DatabaseUrls(
            app=with_deadlines(with_login(admin, APP, known.app)),
            owner=with_deadlines(admin, "sparx-owner"),
            dispatch=with_deadlines(with_login(admin, DISPATCH, known.dispatch), "sparx-dispatch"),
        )
        if known.databases.get(database) != STATE or not _logs_in(urls.app):
            # First, so that a server that cannot be reached is reported as that.
            connect(urls.owner).close()
            usable = _logs_in(urls.app) and _logs_in(urls.dispatch)
            provision_roles(
                urls.owner,
                app_password=known.app,
                dispatch_password=known.dispatch,
                set_passwords=not usable,
            )
            file.put(server, known.with_database(database, STATE))
    return urls


def _logs_in(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError:
        return False
    return True

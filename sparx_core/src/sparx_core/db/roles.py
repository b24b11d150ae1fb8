"""The roles of an installation, and what a server must be for them to hold.

``sparx_owner`` owns every object and cannot log in; ``sparx_app`` serves and ``sparx_dispatch``
claims deliveries, and neither may own, bypass or grant anything.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import encrypt_password

from sparx_core.db.dsn import DatabaseSetupError

OWNER, APP, DISPATCH = "sparx_owner", "sparx_app", "sparx_dispatch"

#: The first minor versions in which row-level security keeps what it promises: older ones let a
#: leaky operator read sampled rows through it (CVE-2025-8713).
MINIMUM_VERSIONS = {15: 14, 16: 10, 17: 6, 18: 0}

#: In the role, and not in the session, so that they hold behind a pooler as well.
SESSION_SETTINGS = {
    "statement_timeout": "10s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
    # Of the server, as `dsn.py` has it of the client: after a cut the server would otherwise send
    # its answer again at growing intervals, and the client, who is answered by the network, wait.
    "tcp_user_timeout": "5s",
    "jit": "off",
}

#: A claim, a released lease or a doorbell that a crash of the server forgets is made again by
#: the next sweep; so these commits need not wait for the disk.
DISPATCH_SETTINGS = {**SESSION_SETTINGS, "synchronous_commit": "off"}

#: Raised when what :func:`provision_roles` brings about changes, so that it is run again.
STATE = 4

_ATTRIBUTES = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"
#: Any constant of our own, but not the one of the migrations.
_ADVISORY_LOCK = 0x53505258524F4C45
_ATTEMPTS = 20


@dataclass(frozen=True)
class Standing:
    """What the connected role may do."""

    user: str
    administrator: bool
    database: str


def require_version(connection: Any) -> None:
    """Raise ``DatabaseSetupError`` unless the server is recent enough to isolate tenants."""
    version = connection.server_version
    major, minor = divmod(version, 10_000)
    if major not in MINIMUM_VERSIONS and major > max(MINIMUM_VERSIONS):
        return
    if minor < MINIMUM_VERSIONS.get(major, 10_000):
        oldest = ", ".join(f"{one}.{two}" for one, two in MINIMUM_VERSIONS.items())
        raise DatabaseSetupError(
            f"PostgreSQL {major}.{minor} is too old: before {oldest} row-level security can be"
            " read around. Upgrade the server."
        )


def standing(connection: Any) -> Standing:
    """Whether the connected role can make roles, or acts for ``sparx_owner``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user::text, current_database()::text,"
            " rolsuper OR rolcreaterole OR EXISTS (SELECT FROM pg_roles o WHERE o.rolname = %s"
            "   AND pg_has_role(current_user, o.oid, 'MEMBER'))"
            " FROM pg_roles WHERE rolname = current_user",
            (OWNER,),
        )
        user, database, administrator = cursor.fetchone()
    return Standing(user, administrator, database)


def provision_roles(
    admin_url: str, *, app_password: str, dispatch_password: str, set_passwords: bool = False
) -> None:
    """Make the roles and their rights on the database of ``admin_url``, or put them right.

    Can be repeated, and run by several processes at once. Passwords are set on roles that are
    new, and with ``set_passwords`` on existing ones too.
    """
    passwords = {APP: app_password, DISPATCH: dispatch_password}
    for attempt in range(_ATTEMPTS):
        connection = psycopg2.connect(admin_url)
        try:
            require_version(connection)
            with connection, connection.cursor() as cursor:
                # The lock is per database; roles are per server, hence the retry below.
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_ADVISORY_LOCK,))
                _make_roles(cursor, passwords, set_passwords)
                _grant(cursor)
            return
        except (errors.InternalError_, errors.UniqueViolation, errors.DuplicateObject):
            # "tuple concurrently updated": a process that provisions another database here.
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.05 * (attempt + 1))
        except errors.InsufficientPrivilege as error:
            raise DatabaseSetupError(
                f"The administrator of SPARX_DATABASE_URL may not make the roles of Sparx"
                f" ({str(error).strip().splitlines()[0]}). Give it CREATEROLE and the database,"
                " or make the roles yourself and set SPARX_DATABASE_URL (user sparx_app) and"
                " SPARX_OWNER_DATABASE_URL."
            ) from error
        finally:
            connection.close()


def _make_roles(cursor: Any, passwords: dict[str, str], set_passwords: bool) -> None:
    cursor.execute(
        "SELECT rolname::text, rolcanlogin, rolsuper OR rolbypassrls OR rolcreatedb OR"
        " rolcreaterole OR rolreplication OR rolinherit, coalesce(rolconfig, '{}')"
        " FROM pg_roles WHERE rolname = ANY(%s)",
        ([OWNER, APP, DISPATCH],),
    )
    found = {name: (login, wrong, config) for name, login, wrong, config in cursor.fetchall()}
    if OWNER not in found:
        cursor.execute(f"CREATE ROLE {OWNER} NOLOGIN")
    elif found[OWNER][0]:
        cursor.execute(f"ALTER ROLE {OWNER} NOLOGIN")
    for role, password in passwords.items():
        login, wrong, config = found.get(role, (False, False, []))
        if role not in found:
            cursor.execute(f"CREATE ROLE {role} LOGIN {_ATTRIBUTES}")
        elif wrong or not login:
            cursor.execute(f"ALTER ROLE {role} LOGIN {_ATTRIBUTES}")
        if set_passwords or role not in found:
            _set_password(cursor, role, password)
        settings = DISPATCH_SETTINGS if role == DISPATCH else SESSION_SETTINGS
        for name, value in settings.items():
            if f"{name}={value}" not in config:
                cursor.execute(f"ALTER ROLE {role} SET {name} = '{value}'")
        if "track_activities=off" not in config:
            _hide_statements(cursor, role)


def _hide_statements(cursor: Any, role: str) -> None:
    """Keep the statements of a role out of ``pg_stat_activity``, where its sessions see each other.

    A statement carries the hash of a tenant's key, with which another session could become that
    tenant. Only a superuser may set this; where the administrator is none, an operator can
    (docs/operating.md).
    """
    cursor.execute("SAVEPOINT hide_statements")
    try:
        cursor.execute(f"ALTER ROLE {role} SET track_activities = off")
    except errors.InsufficientPrivilege:
        cursor.execute("ROLLBACK TO SAVEPOINT hide_statements")


def _set_password(cursor: Any, role: str, password: str) -> None:
    # Only the verifier is sent: a statement may end up in the server's log.
    verifier = encrypt_password(password, role, scope=cursor.connection)
    cursor.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
    )


def _grant(cursor: Any) -> None:
    """Rights on the database; what holds already is not touched."""
    cursor.execute(
        "SELECT current_database()::text, pg_has_role(current_user, %s, 'MEMBER'),"
        " has_database_privilege(%s, current_database(), 'CREATE'),"
        " has_database_privilege(%s, current_database(), 'CONNECT')"
        " AND has_database_privilege(%s, current_database(), 'CONNECT'),"
        " EXISTS (SELECT FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = 'public'"
        "   AND a.grantee = 0 AND a.privilege_type = 'CREATE'),"
        " EXISTS (SELECT FROM pg_database d,"
        "   aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
        "   WHERE d.datname = current_database() AND a.grantee = 0"
        "   AND a.privilege_type IN ('TEMPORARY', 'CREATE'))",
        (OWNER, OWNER, APP, DISPATCH),
    )
    database, member, may_create, may_connect, public_schema, public_database = cursor.fetchone()
    name = sql.Identifier(database)
    if not member:
        cursor.execute(f"GRANT {OWNER} TO CURRENT_USER")
    if not may_create:
        cursor.execute(sql.SQL(f"GRANT CREATE ON DATABASE {{}} TO {OWNER}").format(name))
    if not may_connect:
        cursor.execute(sql.SQL(f"GRANT CONNECT ON DATABASE {{}} TO {APP}, {DISPATCH}").format(name))
    # Whoever may plant a table or a function can wait for the next tenant to step on it.
    if public_schema:
        cursor.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    if public_database:
        cursor.execute(sql.SQL("REVOKE TEMPORARY, CREATE ON DATABASE {} FROM PUBLIC").format(name))

"""The serving process refuses a login for which the walls would not stand."""

from __future__ import annotations

from sparx_core.db.connection import Database
from sparx_core.db.dsn import DatabaseSetupError
from sparx_core.db.roles import require_version

_QUESTION = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'MEMBER')
                  AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
  FROM pg_roles r WHERE r.rolname = current_user
"""


class UnsafeRole(Exception):
    """The database login could read every tenant's rows."""


def refuse_unsafe_role(database: Database) -> None:
    """Raise ``UnsafeRole`` for a superuser, a BYPASSRLS role, or (a member of) the owner.

    Raises ``DatabaseSetupError`` for a server in whose version row-level security leaks.
    """
    with database.transaction(_QUESTION, read_only=True) as row:
        assert row is not None
        require_version(database.connection())  # type: ignore[no-untyped-call]
    name, superuser, bypasses, owns = row
    reasons = [
        reason
        for reason, holds in (
            ("is a superuser", superuser),
            ("bypasses row-level security", bypasses),
            ("owns tenants' tables", owns),
        )
        if holds
    ]
    if reasons:
        raise UnsafeRole(
            f"refusing to serve as database role {name!r}, which {' and '.join(reasons)};"
            " use the role sparx_app"
        )


def refuse_forgetful_commits(database: Database) -> None:
    """Raise ``DatabaseSetupError`` if commits of this login do not wait for the disk.

    A crash of the server would take back orders that clients were promised, and their events.
    """
    ((setting,),) = database.call("SELECT current_setting('synchronous_commit')")
    if setting == "off":
        raise DatabaseSetupError(
            "refusing to work with synchronous_commit = off: a crash of the server would forget"
            " what clients were promised. Switch it on for sparx_app, or for the server."
        )
